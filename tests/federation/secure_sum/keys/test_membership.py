import shutil
from pathlib import Path

import pytest

from federation.secure_sum.people import NAME, People, found
from pleura.errors import KeyFileError, TermsError, WireError
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.keys.membership import Membership


@pytest.fixture
def people(tmp_path: Path) -> People:
    return found(tmp_path, 4)


@pytest.fixture
def joined(people: People) -> Membership:
    membership = Membership.join(people.folder / "1", people.coordinator.public, [people.members.to_bytes()])
    membership.take_group_key(people.group_message, people.hospitals[1])
    return membership


def without(people: People, gone: int, after: MemberList) -> MemberList:
    staying = [m for m in after.members if m.fingerprint != people.hospitals[gone].fingerprint]
    return MemberList.make(people.coordinator, NAME, staying, after)


def test_what_was_taken_is_there_after_a_restart(people: People, joined: Membership) -> None:
    again = Membership.load(people.folder / "1")
    assert again.members == people.members
    assert again.coordinator == people.coordinator.public
    assert again.epochs == [0]
    assert again.group_key(people.hospitals[1]).identity == people.group_key.identity


def test_nothing_secret_is_written(people: People, joined: Membership) -> None:
    for path in (people.folder / "1").iterdir():
        assert people.group_key._key not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_a_hospital_leaves_and_the_key_turns(people: People, joined: Membership) -> None:
    after = without(people, 3, people.members)
    left = Membership.join(people.folder / "3", people.coordinator.public, [people.members.to_bytes()])
    key, message = GroupKey.make(people.hospitals[0], after)
    for membership in (joined, left):
        assert membership.take_list(after.to_bytes()) == after
    assert joined.take_group_key(message, people.hospitals[1]).identity == key.identity
    with pytest.raises(TermsError, match="it left"):
        left.take_group_key(message, people.hospitals[3])
    assert joined.epochs == [0, 1]
    assert joined.group_key(people.hospitals[1]).epoch == 1
    assert joined.group_key(people.hospitals[1], 0).identity == people.group_key.identity
    joined.forget_before(1)
    assert joined.epochs == [1]
    with pytest.raises(KeyFileError, match="there is no"):
        joined.group_key(people.hospitals[1], 0)
    assert Membership.load(people.folder / "1").members == after


def test_the_newest_list_is_never_forgotten(people: People, joined: Membership) -> None:
    joined.forget_before(99)
    assert joined.epochs == [0]
    assert Membership.load(people.folder / "1").members == people.members


def test_an_old_list_is_not_taken_again_not_even_after_a_restart(people: People, joined: Membership) -> None:
    after = without(people, 3, people.members)
    joined.take_list(after.to_bytes())
    for membership in (joined, Membership.load(people.folder / "1")):
        with pytest.raises(WireError, match="an old list is not taken again"):
            membership.take_list(people.members.to_bytes())
        assert membership.take_list(after.to_bytes()) == after
        with pytest.raises(WireError, match="for another member list"):
            membership.take_group_key(people.group_message, people.hospitals[1])


def test_of_two_lists_for_one_number_the_first_stays(people: People, joined: Membership) -> None:
    first, second = without(people, 3, people.members), without(people, 2, people.members)
    joined.take_list(first.to_bytes())
    with pytest.raises(WireError, match="was given where list 2 is the next"):
        joined.take_list(second.to_bytes())
    assert Membership.load(people.folder / "1").members == first


def test_one_epoch_has_one_key(people: People, joined: Membership) -> None:
    _, other = GroupKey.make(people.hospitals[2], people.members)
    with pytest.raises(WireError, match="epoch 0 has a group key already"):
        joined.take_group_key(other, people.hospitals[1])
    assert joined.take_group_key(people.group_message, people.hospitals[1]).identity == people.group_key.identity
    assert joined.group_key(people.hospitals[1]).identity == people.group_key.identity


def test_a_newcomer_takes_all_lists(people: People) -> None:
    second = without(people, 3, people.members)
    third = MemberList.make(people.coordinator, NAME, people.members.members, second)
    lists = [one.to_bytes() for one in (people.members, second, third)]
    folder = people.folder / "3"
    with pytest.raises(WireError, match="is the next"):
        Membership.join(folder, people.coordinator.public, lists[1:])
    with pytest.raises(WireError, match="does not hold"):
        Membership.join(folder, people.hospitals[0].public.ed25519, lists)
    with pytest.raises(KeyFileError, match="32 bytes"):
        Membership.join(folder, b"short", lists)
    assert not (folder / "pinned-coordinator.key").exists()
    assert Membership.join(folder, people.coordinator.public, lists).members == third
    with pytest.raises(KeyFileError, match="belongs to a federation already"):
        Membership.join(folder, people.coordinator.public, lists)


def test_damaged_or_swapped_files_are_refused(people: People, joined: Membership) -> None:
    joined.take_list(without(people, 3, people.members).to_bytes())
    folder = people.folder / "1"
    newest, older = folder / "members-0000000001.list", folder / "members-0000000000.list"
    whole = newest.read_bytes()
    for damaged in (b"", whole[:100], whole[:-1], whole[:50] + b"\0" + whole[51:]):
        newest.write_bytes(damaged)
        with pytest.raises(KeyFileError, match=r"members-0000000001\.list is damaged"):
            Membership.load(folder)
    shutil.copy(older, newest)
    with pytest.raises(KeyFileError, match="holds list 0"):
        Membership.load(folder)
    newest.unlink()
    older.unlink()
    with pytest.raises(KeyFileError, match="no member list"):
        Membership.load(folder)
    (folder / "pinned-coordinator.key").unlink()
    with pytest.raises(KeyFileError, match="there is no"):
        Membership.load(folder)


def test_a_damaged_group_key_is_refused(people: People, joined: Membership) -> None:
    path = people.folder / "1" / "group-0000000000.sealed"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WireError, match="was cut off"):
        joined.group_key(people.hospitals[1])
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 0600"):
        joined.group_key(people.hospitals[1])


def test_foreign_files_are_left_alone(people: People, joined: Membership) -> None:
    for name in ("group-x.sealed", "members-.list", "notes.txt"):
        (people.folder / "1" / name).touch(mode=0o600)
    joined.forget_before(1)
    assert joined.epochs == [0]
    assert (people.folder / "1" / "group-x.sealed").exists()
    assert Membership.load(people.folder / "1").members == people.members
