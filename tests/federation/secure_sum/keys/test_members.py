from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from federation.secure_sum.people import NAME, People, found, mutations, refused
from pleura.errors import TermsError, WireError
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return found(tmp_path_factory.mktemp("members"), 4)


def signed_by(people: People, unsigned: MemberList) -> bytes:
    """A list signed without a look at what it says, as only a faulty coordinator's program would."""
    return unsigned._signed() + people.coordinator.sign(unsigned._signed())


def read(people: People, data: bytes) -> MemberList:
    return MemberList.from_bytes(data, people.coordinator.public)


def test_a_list_travels(people: People) -> None:
    again = read(people, people.members.to_bytes())
    assert again == people.members
    assert (again.number, again.previous, again.federation) == (0, bytes(32), NAME)
    assert [m.name for m in again.members] == [f"Hospital {i}" for i in range(4)]
    again.verify(people.coordinator.public, None)


def test_every_other_message_is_refused(people: People, rng: np.random.Generator) -> None:
    assert refused(lambda data: read(people, data), mutations(people.members.to_bytes(), rng, random=1500)) > 2000


def test_a_list_of_another_coordinator_is_refused(people: People, tmp_path: Path) -> None:
    other = CoordinatorKey.create(tmp_path / "other")
    forged = MemberList.make(other, NAME, people.members.members)
    with pytest.raises(WireError, match="member list 0, by the coordinator: the signature does not hold"):
        read(people, forged.to_bytes())
    with pytest.raises(WireError, match="by the coordinator: the signature does not hold"):
        forged.verify(people.coordinator.public, None)


def test_a_removed_replaced_or_moved_entry_breaks_the_signature(people: People, tmp_path: Path) -> None:
    entries, new = people.members.members, HospitalKeys.create(tmp_path / "new", "New").public
    for changed in (entries[:3], (*entries[:3], new), (*entries, new), entries[::-1], entries[1:]):
        forged = replace(people.members, members=changed)
        with pytest.raises(WireError, match="does not hold"):
            read(people, forged.to_bytes())
        with pytest.raises(WireError, match="does not hold"):
            forged.verify(people.coordinator.public, None)


def test_not_even_the_coordinator_can_list_keys_that_their_owner_did_not_vouch_for(people: People) -> None:
    first, second = people.members.members[:2]
    for bad in (replace(first, x25519=second.x25519), replace(first, name="Other"), replace(first, proof=bytes(64))):
        data = signed_by(people, replace(people.members, members=(bad, *people.members.members[1:])))
        with pytest.raises(WireError, match="by their owner: the signature does not hold"):
            read(people, data)


def test_no_name_or_key_stands_twice(people: People, tmp_path: Path) -> None:
    namesake = HospitalKeys.create(tmp_path / "namesake", "hospital 0").public
    with pytest.raises(WireError, match="have one name, hospital 0"):
        MemberList.make(people.coordinator, NAME, [*people.members.members, namesake])
    with pytest.raises(WireError, match="have one name"):
        MemberList.make(people.coordinator, NAME, [*people.members.members, people.members.members[0]])
    composed, decomposed = (
        HospitalKeys.create(tmp_path / d, n).public for d, n in (("c", "\u00c5s"), ("d", "A\u030as"))
    )
    with pytest.raises(WireError, match="have one name"):
        MemberList.make(people.coordinator, NAME, [composed, decomposed])
    first = people.hospitals[0]
    renamed = HospitalKeys(replace(first.public, name="Twin"), first._signing, first._sealing)
    vouched = renamed.public.to_bytes()[:-64]
    twin = replace(renamed.public, proof=first.sign(vouched))
    with pytest.raises(WireError, match="have one signing key"):
        MemberList.make(people.coordinator, NAME, [*people.members.members, twin])


def test_how_many_members_there_may_be(people: People) -> None:
    with pytest.raises(WireError, match="1 to 128"):
        MemberList.make(people.coordinator, NAME, [])
    with pytest.raises(WireError, match="1 to 128"):
        MemberList.make(people.coordinator, NAME, [people.members.members[0]] * 129)


def test_lists_are_a_chain(people: People) -> None:
    public = people.coordinator.public
    entries = people.members.members
    lists = [people.members]
    for members in (entries[:3], entries, entries[1:]):
        lists.append(MemberList.make(people.coordinator, NAME, members, lists[-1]))
    assert [one.number for one in lists] == [0, 1, 2, 3]
    for before, after in pairwise(lists):
        after.verify(public, before)
    messages = [one.to_bytes() for one in lists]
    assert MemberList.read_chain(messages, public) == lists[-1]
    for wrong in (
        messages[1:],
        messages[::-1],
        [messages[0], *messages[2:]],
        [*messages, messages[0]],
        [messages[0], messages[0]],
    ):
        with pytest.raises(WireError, match="is the next"):
            MemberList.read_chain(wrong, public)
    with pytest.raises(WireError, match="no member list was given"):
        MemberList.read_chain([], public)


def test_an_old_list_or_a_gap_is_refused(people: People) -> None:
    first = people.members
    second = MemberList.make(people.coordinator, NAME, first.members[:3], first)
    third = MemberList.make(people.coordinator, NAME, first.members[:3], second)
    for given, known in ((first, second), (second, second), (third, first), (second, None), (first, first)):
        with pytest.raises(WireError, match="was given where list"):
            given.verify(people.coordinator.public, known)


def test_two_lists_for_one_number_are_seen(people: People) -> None:
    first = people.members
    one = MemberList.make(people.coordinator, NAME, first.members[:3], first)
    other = MemberList.make(people.coordinator, NAME, first.members[1:], first)
    third = MemberList.make(people.coordinator, NAME, first.members[:3], other)
    with pytest.raises(WireError, match="follows another list 1"):
        third.verify(people.coordinator.public, one)


def test_a_federation_keeps_its_name(people: People) -> None:
    with pytest.raises(WireError, match="one before of 'Thorax'"):
        MemberList.make(people.coordinator, "Other", people.members.members, people.members)


def test_only_list_0_names_none_before_it(people: People) -> None:
    for bad in (replace(people.members, previous=bytes(31) + b"\1"), replace(people.members, number=1)):
        with pytest.raises(WireError, match="only list 0 names none"):
            read(people, signed_by(people, bad))


# The terms of a round


def test_terms_give_places_in_their_own_order(people: People) -> None:
    order = [2, 0, 3]
    terms = people.terms(members=tuple(people.hospitals[i].fingerprint for i in order))
    assert people.members.of(terms) == tuple(people.hospitals[i].public for i in order)


def test_terms_that_do_not_agree_are_refused(people: People, tmp_path: Path) -> None:
    stranger = HospitalKeys.create(tmp_path / "stranger", "Stranger")
    fingerprints = tuple(h.fingerprint for h in people.hospitals)
    with pytest.raises(TermsError, match=f"hospital {stranger.fingerprint[:16]}... is not in member list 0"):
        people.members.of(people.terms(members=(*fingerprints, stranger.fingerprint)))
    with pytest.raises(TermsError, match="of the federation 'Other'"):
        people.members.of(replace(people.terms(), federation="Other"))
    smaller = MemberList.make(people.coordinator, NAME, people.members.members[:3], people.members)
    with pytest.raises(TermsError, match="is not in member list 1"):
        smaller.of(people.terms())
