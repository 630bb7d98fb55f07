import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from federation.secure_sum.rounds import keyrings, quantised_sum, rounds, terms_for
from pleura.errors import SecureSumError, ShortAnswersError, TermsError, WireError, WrongSumError
from pleura.federation.secure_sum.ciphers.keyring import Keyring
from pleura.federation.secure_sum.hospital import HospitalRound
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.layout import Counts, Layout, Values
from pleura.federation.secure_sum.server import ServerRound
from pleura.federation.secure_sum.sizes import sizes_of
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet
from pleura.federation.secure_sum.wire import HEADER_BYTES

LAYOUT = Layout((Values(name="a", size=500, clip=1.0), Counts(name="n", size=1, most=99)))
BACKENDS = ("ring", "seal", "masks", "plain")
ARRAYS = {"a": np.linspace(-1.5, 1.5, 500), "n": np.array([7])}


class Played:
    """A round of five hospitals up to the answers."""

    def __init__(self, **fields: Any) -> None:
        self.terms = terms_for(LAYOUT, 5, **fields)
        self.hospitals = rounds(self.terms)
        server = ServerRound(self.terms)
        self.share_messages = {}
        for hospital in self.hospitals:
            for part in hospital.upload(ARRAYS):
                server.receive(part)
            self.share_messages[hospital.place] = hospital.share_message()
        self.upload_set = server.close()
        self.total = list(server.total_parts())

    def answers(self) -> list[bytes]:
        return [h.answer(self.upload_set, self.share_messages) for h in self.hospitals]


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_upload_an_attempt(backend: str) -> None:
    hospital = rounds(terms_for(LAYOUT, 3, backend=backend))[0]
    list(hospital.upload(ARRAYS))
    with pytest.raises(SecureSumError, match="has uploaded in this attempt"):
        hospital.upload(ARRAYS)


def test_a_rounds_secret_encrypts_once_even_if_the_round_is_got_round() -> None:
    hospital = rounds(terms_for(LAYOUT, 3))[0]
    hospital.upload(ARRAYS)
    hospital._vector = None
    with pytest.raises(SecureSumError, match=r"this round's secret has been used"):
        hospital.upload(ARRAYS)


def test_two_uploads_of_the_same_arrays_share_no_words() -> None:
    terms = terms_for(LAYOUT, 3)
    first, again = (np.frombuffer(next(rounds(terms)[0].upload(ARRAYS)), "<u4", offset=HEADER_BYTES) for _ in range(2))
    assert (first == again).mean() < 1e-3


def test_the_secret_is_dealt_after_the_last_part_and_once() -> None:
    hospital = rounds(terms_for(LAYOUT, 3))[0]
    with pytest.raises(SecureSumError, match="upload has been made to its last part"):
        hospital.share_message()
    parts = hospital.upload(ARRAYS)
    with pytest.raises(SecureSumError, match="upload has been made to its last part"):
        hospital.share_message()
    list(parts)
    hospital.share_message()
    with pytest.raises(SecureSumError, match="wiped"):
        hospital.share_message()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_refused_by_name(backend: str, bad: float) -> None:
    values = np.zeros(500, np.float32)
    values[321] = bad
    with pytest.raises(TermsError, match="value 321 of 'a' is"):
        list(rounds(terms_for(LAYOUT, 3, backend=backend))[1].upload(ARRAYS | {"a": values}))


@pytest.mark.parametrize("backend", BACKENDS)
def test_clipped_values_are_counted(backend: str) -> None:
    hospital = rounds(terms_for(LAYOUT, 3, backend=backend))[1]
    assert hospital.clipped == {}
    list(hospital.upload(ARRAYS))
    assert hospital.clipped == {"a": int((np.abs(ARRAYS["a"]) > 1).sum())}


@pytest.mark.parametrize("backend", BACKENDS)
def test_arrays_that_do_not_fit_are_refused_before_anything_is_made(backend: str) -> None:
    hospital = rounds(terms_for(LAYOUT, 3, backend=backend))[1]
    with pytest.raises(TermsError, match="'a' has 5 numbers"):
        hospital.upload(ARRAYS | {"a": np.zeros(5)})
    assert len(list(hospital.upload(ARRAYS))) == 1


@pytest.mark.parametrize("backend", ["ring", "seal", "masks"])
def test_keys_of_another_place_or_membership_are_refused(backend: str) -> None:
    terms = terms_for(LAYOUT, 3, backend=backend)
    with pytest.raises(TermsError, match="hospital 3 is not in this round"):
        HospitalRound(terms, 3, keyrings(3)[0])
    with pytest.raises(TermsError, match="place 1 belongs to hospital"):
        HospitalRound(terms, 1, keyrings(3)[0])
    with pytest.raises(TermsError, match="needs the hospital's keys"):
        HospitalRound(terms, 1, None)
    with pytest.raises(TermsError, match="another member list"):
        HospitalRound(terms, 1, replace(keyrings(3)[1], group_key=keyrings(4)[1].group_key))
    with pytest.raises(TermsError, match="is not in member list"):
        HospitalRound(replace(terms, members=(*terms.members[:2], "0" * 64)), 1, keyrings(3)[1])


def test_seal_needs_the_shared_key_of_this_epoch() -> None:
    terms = terms_for(LAYOUT, 3, backend="seal")
    with pytest.raises(TermsError, match="seal needs the shared key"):
        HospitalRound(terms, 1, replace(keyrings(3)[1], seal_key=None))
    with pytest.raises(WireError, match="do not open with the group key"):
        HospitalRound(terms, 1, replace(keyrings(3)[1], seal_key=keyrings(4)[1].seal_key))


@pytest.mark.parametrize("backend", BACKENDS)
def test_more_hospitals_than_the_encryption_has_room_for_are_refused(backend: str) -> None:
    with pytest.raises(TermsError, match="3 to 128 hospitals, got 200"):
        HospitalRound(terms_for(LAYOUT, 3, backend=backend, most_hospitals=200), 0, keyrings(3)[0])


def test_one_answer_an_attempt() -> None:
    played = Played()
    hospital = played.hospitals[0]
    first = hospital.answer(played.upload_set, played.share_messages)
    assert hospital.answer(played.upload_set, played.share_messages) == first
    with pytest.raises(SecureSumError, match="has answered for another upload set"):
        hospital.answer(UploadSet(played.terms, [0, 1, 2]), played.share_messages)


@pytest.mark.parametrize("backend", BACKENDS)
def test_upload_sets_of_other_terms_are_refused(backend: str) -> None:
    played = Played(backend=backend)
    other = UploadSet(replace(played.terms, attempt=1), range(5))
    with pytest.raises(WireError, match="of another round, attempt or federation"):
        played.hospitals[0].answer(other, played.share_messages)
    with pytest.raises(WireError, match="of another round, attempt or federation"):
        played.hospitals[0].open(other, played.total, [])


def test_share_messages_must_be_there() -> None:
    played = Played()
    del played.share_messages[3]
    with pytest.raises(WireError, match="hospital 3 dealt are missing"):
        played.answers()


def test_answers_must_be_enough_and_for_this_upload_set() -> None:
    played = Played()
    answers = played.answers()
    hospital = played.hospitals[2]
    assert hospital.open(played.upload_set, played.total, answers[1:]).hospitals == 5
    with pytest.raises(ShortAnswersError, match="3 hospitals answered, 4 are needed"):
        hospital.open(played.upload_set, played.total, answers[:3])
    with pytest.raises(WireError, match="answered twice"):
        hospital.open(played.upload_set, played.total, [*answers, answers[0]])
    others = [h.answer(UploadSet(played.terms, [0, 1, 2]), played.share_messages) for h in rounds(played.terms)]
    with pytest.raises(WireError, match="for another upload set"):
        hospital.open(played.upload_set, played.total, [*answers[:4], others[4]])


def test_another_group_key_does_not_open_the_sum() -> None:
    played = Played()
    answers = played.answers()
    held = keyrings(5)[0]
    wrong, _ = GroupKey.make(held.hospital, held.members)
    stranger = HospitalRound(played.terms, 0, Keyring(held.hospital, held.members, wrong))
    with pytest.raises(WireError, match="another group key"):
        stranger.open(played.upload_set, played.total, answers)


def _open(played: Played, total: list[bytes]) -> None:
    played.hospitals[0].open(played.upload_set, total, played.answers())


@pytest.mark.parametrize("at", [HEADER_BYTES, HEADER_BYTES + 4096 * 4 - 4, -4, -4096 * 6])
def test_an_altered_ring_sum_is_found(at: int) -> None:
    played = Played()
    (part,) = played.total
    mutated = bytearray(part)
    mutated[at] ^= 1
    with pytest.raises((WrongSumError, WireError)):
        _open(played, [bytes(mutated)])


def test_a_ring_sum_that_leaves_out_or_doubles_an_upload_is_found() -> None:
    played = Played()
    server = ServerRound(played.terms)
    again = rounds(played.terms)
    for hospital in again:
        for part in hospital.upload(ARRAYS):
            server.receive(part)
    for senders in ([0, 1, 2, 3], [0, 1, 2, 3, 3]):
        pieces = server._adder.add_up(0, (server._store.get(sender, 0) for sender in senders))
        forged = server._format.pack(65535, 0, pieces, played.upload_set)
        with pytest.raises(WrongSumError, match="does not open"):
            _open(played, [forged])


@pytest.mark.parametrize("backend", BACKENDS)
def test_sums_of_another_attempt_are_refused(backend: str) -> None:
    played, other = Played(backend=backend), Played(backend=backend)
    with pytest.raises(WireError, match="part's round"):
        _open(played, other.total)
    with pytest.raises(WireError, match="part 0 of the sum's 1 is missing"):
        _open(played, [])


def test_masks_do_not_open_without_a_member() -> None:
    played = Played(backend="masks")
    with pytest.raises(TermsError, match="hospital 4 did not upload"):
        played.hospitals[0].open(UploadSet(played.terms, range(4)), played.total, [])


def test_masks_hide_each_vector_and_seal_and_ring_too() -> None:
    terms: Callable[[str], RoundTerms] = lambda backend: terms_for(LAYOUT, 3, backend=backend)  # noqa: E731
    zeros = {"a": np.zeros(500), "n": np.array([0])}
    for backend, word, top in (("masks", "<u4", 2**32), ("ring", "<u4", 2**31), ("seal", "<u8", 2**54)):
        payload = next(rounds(terms(backend))[0].upload(zeros))[HEADER_BYTES:]
        words = np.frombuffer(payload, word) / top
        assert len(np.unique(words)) > 0.99 * words.size
        # of n uniform numbers the mean lies within 6 of its standard deviations of a half but once in 10^9
        assert abs(words.mean() - 0.5) < 6 / np.sqrt(12 * words.size)


def test_masks_of_two_attempts_differ() -> None:
    terms = terms_for(LAYOUT, 3, backend="masks")
    first, second = (next(rounds(t)[0].upload(ARRAYS))[HEADER_BYTES:] for t in (terms, replace(terms, attempt=1)))
    assert (np.frombuffer(first, "<u4") == np.frombuffer(second, "<u4")).mean() < 0.01


def test_a_hospital_that_did_not_upload_may_answer_and_open() -> None:
    terms = terms_for(LAYOUT, 5)
    hospitals, server, messages = rounds(terms), ServerRound(terms), {}
    for hospital in hospitals[1:]:
        for part in hospital.upload(ARRAYS):
            server.receive(part)
        messages[hospital.place] = hospital.share_message()
    closed = server.close()
    answers = [h.answer(closed, messages) for h in hospitals[:4]]
    opened = hospitals[0].open(closed, server.total_parts(), answers)
    values, counts = quantised_sum(LAYOUT, sizes_of(terms).levels, dict.fromkeys(range(4), ARRAYS))
    assert (opened.values["a"] == values["a"]).all()
    assert opened.counts["n"] == counts["n"] == 28


@pytest.mark.parametrize("backend", BACKENDS)
def test_memory_stays_at_a_few_blocks(backend: str) -> None:
    peaks = []
    for size in (1_500_000, 4_500_000):
        layout = Layout((Values(name="a", size=size, clip=1.0),))
        hospital = rounds(terms_for(layout, 3, backend=backend))[0]
        values = {"a": np.zeros(size, np.float32)}
        tracemalloc.start()
        parts = sum(1 for _ in hospital.upload(values))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert parts > 1
    assert max(peaks) < 16e6  # the larger upload has 13.5 MB with ring, 18 or more with the others
    assert peaks[1] < 1.2 * peaks[0] + 1e6
