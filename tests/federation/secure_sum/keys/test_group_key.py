from pathlib import Path

import numpy as np
import pytest

from federation.secure_sum.people import NAME, People, found, mutations, refused
from pleura.errors import KeyFileError, TermsError, WireError
from pleura.federation.secure_sum.keys import group_key as module
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.keys.sealing import seal


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return found(tmp_path_factory.mktemp("group"), 4)


def next_list(people: People, *staying: int) -> MemberList:
    return MemberList.make(people.coordinator, NAME, [people.members.members[i] for i in staying], people.members)


def test_every_member_opens_the_same_key(people: People) -> None:
    for hospital in people.hospitals:
        key = GroupKey.open(people.group_message, hospital, people.members)
        assert key._key == people.group_key._key
        assert key.check_key(b"terms") == people.group_key.check_key(b"terms")
    assert len(people.group_message) == 80 * 4 + 175


def test_what_a_sealed_key_is_bound_to(people: People) -> None:
    """The format, written down a second time: epoch, list, maker, identity of the key, number of members, recipient."""
    count, second = (4).to_bytes(2, "big"), people.hospitals[1]
    maker = bytes.fromhex(people.hospitals[0].fingerprint)
    head = b"PLEURGRP\x01" + bytes(4) + people.members.digest + maker + people.group_key.identity + count
    assert people.group_message.startswith(head)
    sealed = people.group_message[len(head) + 80 :][:80]
    context = b"pleura group key 1\0" + head + bytes.fromhex(second.fingerprint)
    assert second.open(sealed, context) == people.group_key._key
    with pytest.raises(WireError):
        second.open(sealed, context[:-1])


def test_the_key_is_32_fresh_bytes(people: People) -> None:
    keys = {GroupKey.make(people.hospitals[0], people.members)[0]._key for _ in range(20)}
    assert len(keys) == 20
    assert {len(key) for key in keys} == {32}


def test_every_other_message_is_refused(people: People, rng: np.random.Generator) -> None:
    """By the member whose sealed key was altered and by all others alike."""
    for hospital in people.hospitals[:2]:

        def reading(data: bytes, keys: HospitalKeys = hospital) -> GroupKey:
            return GroupKey.open(data, keys, people.members)

        assert refused(reading, mutations(people.group_message, rng, random=1500)) > 1900


def test_who_left_cannot_open_the_new_epoch(people: People) -> None:
    after = next_list(people, 0, 1, 2)
    key, message = GroupKey.make(people.hospitals[1], after)
    left = people.hospitals[3]
    with pytest.raises(TermsError, match="is not in member list 1; it left"):
        GroupKey.open(message, left, after)
    with pytest.raises(WireError, match="for another member list"):
        GroupKey.open(message, left, people.members)
    head = message[: 9 + 4 + 32 + 32 + 32 + 2]
    for at in range(3):
        sealed = message[len(head) + 80 * at :][:80]
        for claimed in (left, *people.hospitals[:3]):
            with pytest.raises(WireError):
                left.open(sealed, module._context(head, claimed.fingerprint))
    assert people.hospitals[2].open(sealed, module._context(head, people.hospitals[2].fingerprint)) == key._key


def test_who_left_cannot_make_the_new_epoch(people: People) -> None:
    after = next_list(people, 0, 1, 2)
    with pytest.raises(TermsError, match="not in member list 1"):
        GroupKey.make(people.hospitals[3], after)
    _, message = GroupKey.make(people.hospitals[0], after)
    forged = bytearray(message[:-64])
    forged[45:77] = bytes.fromhex(people.hospitals[3].fingerprint)
    with pytest.raises(WireError, match="who is no member"):
        GroupKey.open(bytes(forged) + people.hospitals[3].sign(bytes(forged)), people.hospitals[0], after)


def test_nobody_makes_a_key_in_anothers_name(people: People) -> None:
    forged = people.group_message[:-64]
    with pytest.raises(WireError, match="the group key, by 'Hospital 0': the signature"):
        GroupKey.open(forged + people.hospitals[1].sign(forged), people.hospitals[2], people.members)


def test_an_epoch_of_another_list_is_refused(people: People) -> None:
    after = next_list(people, 0, 1, 2)
    same_number = next_list(people, 0, 1, 3)
    key, message = GroupKey.make(people.hospitals[0], after)
    for held in (people.members, same_number):
        with pytest.raises(WireError, match="for another member list"):
            GroupKey.open(message, people.hospitals[0], held)
        with pytest.raises(TermsError, match="take the key that was made for this list"):
            key.check_list(held)
    with pytest.raises(WireError, match="for another member list"):
        GroupKey.open(people.group_message, people.hospitals[0], after)
    key.check_list(after)


def test_a_maker_cannot_give_two_members_different_keys(people: People) -> None:
    maker, victim = people.hospitals[0], people.hospitals[2]
    head = people.group_message[: 9 + 4 + 32 + 32 + 32 + 2]
    forged = bytearray(people.group_message[:-64])
    start = len(head) + 80 * 2
    forged[start : start + 80] = seal(bytes(32), victim.public.x25519, module._context(head, victim.fingerprint))
    message = bytes(forged) + maker.sign(bytes(forged))
    assert GroupKey.open(message, people.hospitals[1], people.members)._key == people.group_key._key
    with pytest.raises(WireError, match="'Hospital 0' sealed another group key to this hospital than it says"):
        GroupKey.open(message, victim, people.members)


def test_members_sealed_keys_cannot_be_swapped(people: People) -> None:
    head = 9 + 4 + 32 + 32 + 32 + 2
    parts = [people.group_message[head + 80 * i : head + 80 * (i + 1)] for i in range(4)]
    forged = people.group_message[:head] + b"".join(parts[::-1])
    with pytest.raises(WireError, match="do not open"):
        GroupKey.open(forged + people.hospitals[0].sign(forged), people.hospitals[3], people.members)


def test_purposes_and_contexts_give_unrelated_keys(people: People) -> None:
    key = people.group_key
    derived = [key.derive(p, c) for p, c in ((b"a", b"bc"), (b"ab", b"c"), (b"abc", b""), (b"", b"abc"), (b"a", b"bd"))]
    derived += [key.check_key(b"terms 1"), key.check_key(b"terms 2"), key.identity, key._key]
    assert len(set(derived)) == len(derived)
    assert {len(one) for one in derived} == {32}


def test_boxes(people: People, rng: np.random.Generator) -> None:
    box = people.group_key.lock(b"to all members", b"snapshot", b"round 7", b"header")
    assert len(box) == 14 + module.BOX_BYTES
    member = GroupKey.open(people.group_message, people.hospitals[2], people.members)
    assert member.unlock(box, b"snapshot", b"round 7", b"header") == b"to all members"
    for purpose, context, header in ((b"answer", b"round 7", b"header"), (b"snapshot", b"round 8", b"header")):
        with pytest.raises(WireError, match="group key of epoch 0"):
            member.unlock(box, purpose, context, header)
    with pytest.raises(WireError):
        member.unlock(box, b"snapshot", b"round 7", b"other")
    assert refused(lambda data: member.unlock(data, b"snapshot", b"round 7", b"header"), mutations(box, rng)) > 500
    assert people.group_key.lock(b"x", b"p", b"c") != people.group_key.lock(b"x", b"p", b"c")


def test_what_is_printed_is_public(people: People) -> None:
    assert people.group_key._key.hex()[:8] not in repr(people.group_key)
    assert repr(people.group_key).startswith("GroupKey(epoch 0, ")


def test_stranger_keys_on_disk_are_no_way_in(people: People, tmp_path: Path) -> None:
    stranger = HospitalKeys.create(tmp_path / "stranger", "Hospital 1")
    with pytest.raises(TermsError, match="is not in member list 0"):
        GroupKey.open(people.group_message, stranger, people.members)
    with pytest.raises(KeyFileError):
        HospitalKeys.load(tmp_path)
