from hashlib import sha256
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from federation.secure_sum.people import NAME, People, found, mutations, refused, secret
from pleura.errors import ShortAnswersError, TermsError, WireError, WrongSumError
from pleura.federation.secure_sum import unmasking
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.keys.sealing import seal
from pleura.federation.secure_sum.share_message import ShareMessage, excerpt, signed_part
from pleura.federation.secure_sum.shares import FIELD, to_wire
from pleura.federation.secure_sum.shares import deal as deal_shares
from pleura.federation.secure_sum.terms import UploadSet
from pleura.federation.secure_sum.unmasking import combine, deal, make_answer

HOSPITALS = 7  # threshold 5, so that two may be missing, and two more than needed can name a false one


class Round:
    """One round of all hospitals, with every hospital's secret and share message."""

    def __init__(self, people: People, seed: int, number: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.people = people
        self.terms = people.terms(number=number)
        self.secrets = [secret(rng) for _ in people.hospitals]
        self.messages = {
            i: deal(one, self.terms, i, keys, people.members)
            for i, (one, keys) in enumerate(zip(self.secrets, people.hospitals, strict=True))
        }

    def uploads(self, *senders: int) -> UploadSet:
        return UploadSet(self.terms, senders or range(len(self.secrets)))

    def expected(self, uploads: UploadSet) -> list[int]:
        return sum(self.secrets[i].astype(np.int64) for i in uploads.senders).tolist()

    def answer(self, uploads: UploadSet, place: int, messages: dict[int, bytes] | None = None) -> bytes:
        people = self.people
        held = self.messages if messages is None else messages
        return make_answer(held, uploads, place, people.hospitals[place], people.members, people.group_key)

    def combine(self, answers: list[bytes], uploads: UploadSet) -> np.ndarray:
        return combine(answers, uploads, self.people.members, self.people.group_key)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return found(tmp_path_factory.mktemp("unmasking"), HOSPITALS)


@pytest.fixture(scope="module")
def whole(people: People) -> Round:
    return Round(people, 1)


@pytest.fixture(scope="module")
def answers(whole: Round) -> list[bytes]:
    return [whole.answer(whole.uploads(), i) for i in range(HOSPITALS)]


# What comes out


@pytest.mark.parametrize("hospitals", [3, 4, 5])
def test_every_upload_set_opens_with_every_t_answers(hospitals: int, tmp_path: Path) -> None:
    held = Round(found(tmp_path, hospitals), hospitals)
    threshold = held.terms.threshold
    for size in range(3, hospitals + 1):
        for senders in combinations(range(hospitals), size):
            uploads = held.uploads(*senders)
            answers = [held.answer(uploads, i) for i in range(hospitals)]  # those that did not upload answer, too
            for many in range(threshold, hospitals + 1):
                for chosen in combinations(answers, many):
                    assert held.combine(list(chosen), uploads).tolist() == held.expected(uploads)
            for chosen in combinations(answers, threshold - 1):
                with pytest.raises(ShortAnswersError, match=f"{threshold - 1} hospitals answered, {threshold}"):
                    held.combine(list(chosen), uploads)


def test_answers_come_in_any_order(whole: Round, answers: list[bytes], rng: np.random.Generator) -> None:
    for _ in range(5):
        chosen = [answers[i] for i in rng.permutation(HOSPITALS)[:5]]
        found_sum = whole.combine(chosen, whole.uploads())
        assert found_sum.tolist() == whole.expected(whole.uploads())
        assert (found_sum.dtype, found_sum.shape) == (np.int32, (4096,))


def test_a_cut_message_serves_as_the_whole_one(whole: Round) -> None:
    uploads = whole.uploads(0, 2, 3, 6)
    answers = []
    for place in range(5):
        cut = {i: excerpt(whole.messages[i], whole.terms, place) for i in uploads.senders}
        answers.append(whole.answer(uploads, place, cut))
    assert whole.combine(answers, uploads).tolist() == whole.expected(uploads)
    with pytest.raises(WireError, match="came without the share for hospital 6"):
        whole.answer(uploads, 6, cut)


def test_shares_of_a_dealer_outside_the_set_are_not_looked_at(whole: Round) -> None:
    uploads = whole.uploads(0, 2, 3)
    messages = {i: whole.messages[i] for i in (0, 2, 3)} | {1: b"nonsense", 4: whole.messages[5]}
    answers = [whole.answer(uploads, i, messages) for i in range(5)]
    assert whole.combine(answers, uploads).tolist() == whole.expected(uploads)


def test_extreme_secrets(people: People) -> None:
    held = Round(people, 2)
    for i, keys in enumerate(people.hospitals):
        held.secrets[i] = np.full(4096, 21, np.int8)
        held.messages[i] = deal(held.secrets[i], held.terms, i, keys, people.members)
    answers = [held.answer(held.uploads(), i) for i in range(5)]
    assert held.combine(answers, held.uploads()).tolist() == [21 * HOSPITALS] * 4096


def test_an_answer_shows_the_server_nothing_twice(whole: Round) -> None:
    one, other = whole.answer(whole.uploads(), 0), whole.answer(whole.uploads(), 0)
    assert one[:75] == other[:75]
    assert one[75:87] != other[75:87]  # the nonce
    same = np.frombuffer(one[87:-64], np.uint8) == np.frombuffer(other[87:-64], np.uint8)
    assert same.mean() < 0.02


# Messages that were altered, forged, replayed or swapped


def test_every_other_share_message_is_refused(whole: Round, rng: np.random.Generator) -> None:
    uploads = whole.uploads(0, 1, 2)
    cut = {i: excerpt(whole.messages[i], whole.terms, 3) for i in uploads.senders}
    assert whole.answer(uploads, 3, cut)
    count = refused(lambda data: whole.answer(uploads, 3, {**cut, 0: data}), mutations(cut[0], rng, random=1000))
    assert count > 9000


def test_every_other_whole_share_message_is_refused(whole: Round, rng: np.random.Generator) -> None:
    uploads = whole.uploads(0, 1, 2)
    reading = lambda data: whole.answer(uploads, 3, {**whole.messages, 0: data})  # noqa: E731
    assert refused(reading, mutations(whole.messages[0], rng, every=97, random=500)) > 1000


def test_every_other_answer_is_refused(whole: Round, answers: list[bytes], rng: np.random.Generator) -> None:
    reading = lambda data: whole.combine([data, *answers[1:5]], whole.uploads())  # noqa: E731
    assert refused(reading, mutations(answers[0], rng, random=1000)) > 9000


def test_a_missing_or_swapped_dealer_is_named(whole: Round) -> None:
    uploads = whole.uploads(0, 1, 2)
    with pytest.raises(WireError, match="shares that hospital 1 dealt are missing"):
        whole.answer(uploads, 3, {0: whole.messages[0], 2: whole.messages[2]})
    with pytest.raises(WireError, match="shares of hospital 2 came in the place of hospital 1's"):
        whole.answer(uploads, 3, {**whole.messages, 1: whole.messages[2]})


def test_shares_of_another_round_are_refused(people: People, whole: Round) -> None:
    later = Round(people, 1, number=1)
    with pytest.raises(WireError, match="of another round, attempt or federation"):
        later.answer(later.uploads(), 0, {**later.messages, 3: whole.messages[3]})


def forged(
    held: Round,
    dealer: int,
    shares: list[bytes],
    *,
    signer: int | None = None,
    context_of: int | None = None,
) -> bytes:
    """A share message made by hand: whatever shares, sealed as from `context_of`, signed by `signer`."""
    hospitals = held.people.members.of(held.terms)
    sealing_as = dealer if context_of is None else context_of
    sealed = {
        i: seal(share, hospitals[i].x25519, unmasking._share_context(held.terms, hospitals, sealing_as, i))
        for i, share in enumerate(shares)
    }
    digests = tuple(sha256(one).digest() for one in sealed.values())
    keys = held.people.hospitals[dealer if signer is None else signer]
    signature = keys.sign(signed_part(held.terms.digest, dealer, digests))
    return ShareMessage(held.terms.digest, dealer, digests, signature, sealed).to_bytes()


def good_shares(held: Round, dealer: int) -> list[bytes]:
    return [to_wire(one) for one in deal_shares(held.secrets[dealer], HOSPITALS, held.terms.threshold)]


def test_what_a_sealed_share_is_bound_to(whole: Round) -> None:
    """The format, written down a second time: terms, both places, both fingerprints."""
    dealer, recipient = whole.people.hospitals[2], whole.people.hospitals[5]
    places = (2).to_bytes(2, "big") + (5).to_bytes(2, "big")
    fingerprints = bytes.fromhex(dealer.fingerprint) + bytes.fromhex(recipient.fingerprint)
    sealed = ShareMessage.from_bytes(whole.messages[2], whole.terms).sealed[5]
    context = b"pleura share 1\0" + whole.terms.digest + places + fingerprints
    assert len(recipient.open(sealed, context)) == 8192
    with pytest.raises(WireError):
        recipient.open(sealed, context[:-1])


def test_the_hand_made_message_is_a_good_one(whole: Round) -> None:
    messages = {**whole.messages, 2: forged(whole, 2, good_shares(whole, 2))}
    answers = [whole.answer(whole.uploads(), i, messages) for i in range(5)]
    assert whole.combine(answers, whole.uploads()).tolist() == whole.expected(whole.uploads())


def test_nobody_deals_in_anothers_name(whole: Round) -> None:
    messages = {**whole.messages, 2: forged(whole, 2, good_shares(whole, 2), signer=4)}
    with pytest.raises(WireError, match=r"the shares, by hospital 2 \(Hospital 2\): the signature does not hold"):
        whole.answer(whole.uploads(), 0, messages)


def test_a_share_sealed_for_another_dealer_does_not_open(whole: Round) -> None:
    messages = {**whole.messages, 2: forged(whole, 2, good_shares(whole, 2), context_of=4)}
    with pytest.raises(WireError, match="do not open with this hospital's key"):
        whole.answer(whole.uploads(), 0, messages)


@pytest.mark.parametrize("word", [FIELD, 0xFFFF])
def test_a_share_out_of_range_is_refused(whole: Round, word: int) -> None:
    shares = [share[:-2] + word.to_bytes(2, "little") for share in good_shares(whole, 2)]
    with pytest.raises(WireError, match="the share dealt by hospital 2 holds a number that is not below 65521"):
        whole.answer(whole.uploads(), 0, {**whole.messages, 2: forged(whole, 2, shares)})


# Answers


def hand_made_answer(
    held: Round, uploads: UploadSet, place: int, total: bytes, *, signer: int | None = None, key: GroupKey | None = None
) -> bytes:
    group_key = held.people.group_key if key is None else key
    head = unmasking.opening(b"PLEURANS") + uploads.digest + place.to_bytes(2, "big") + group_key.identity
    box = group_key.lock(total, b"answer", uploads.digest, head)
    return head + box + held.people.hospitals[place if signer is None else signer].sign(head + box)


def opened(held: Round, answer: bytes, uploads: UploadSet) -> np.ndarray:
    box = held.people.group_key.unlock(answer[75:-64], b"answer", uploads.digest, answer[:75])
    return np.frombuffer(box, "<u2").copy()


def test_nobody_answers_in_anothers_name(whole: Round, answers: list[bytes]) -> None:
    total = to_wire(opened(whole, answers[2], whole.uploads()))
    good = hand_made_answer(whole, whole.uploads(), 2, total)
    assert whole.combine([good, *answers[3:]], whole.uploads()).tolist() == whole.expected(whole.uploads())
    stolen = hand_made_answer(whole, whole.uploads(), 2, total, signer=1)
    with pytest.raises(WireError, match=r"the answer, by hospital 2 \(Hospital 2\): the signature does not hold"):
        whole.combine([stolen, *answers[3:]], whole.uploads())


def test_an_answer_for_another_upload_set_or_round_is_refused(
    people: People, whole: Round, answers: list[bytes]
) -> None:
    smaller = whole.uploads(0, 1, 2, 3)
    with pytest.raises(WireError, match="for another upload set or round"):
        whole.combine([whole.answer(smaller, 0), *answers[1:]], whole.uploads())
    later = Round(people, 1, number=1)
    with pytest.raises(WireError, match="for another upload set or round"):
        whole.combine([later.answer(later.uploads(), 0), *answers[1:]], whole.uploads())


def test_one_answer_of_each(whole: Round, answers: list[bytes]) -> None:
    for again in (answers[0], whole.answer(whole.uploads(), 0)):
        with pytest.raises(WireError, match="hospital 0 answered twice"):
            whole.combine([*answers[:5], again], whole.uploads())


def test_an_answer_under_another_group_key_is_named(people: People, whole: Round, answers: list[bytes]) -> None:
    other, _ = GroupKey.make(people.hospitals[3], people.members)
    strange = make_answer(whole.messages, whole.uploads(), 0, people.hospitals[0], people.members, other)
    with pytest.raises(WireError, match="hospital 0 answered under another group key"):
        whole.combine([strange, *answers[1:5]], whole.uploads())


def test_an_answer_out_of_range_is_refused(whole: Round, answers: list[bytes]) -> None:
    bad = hand_made_answer(whole, whole.uploads(), 0, b"\xff" * 8192)
    with pytest.raises(WireError, match="the answer of hospital 0 holds a number that is not below 65521"):
        whole.combine([bad, *answers[1:5]], whole.uploads())


def lying(whole: Round, answers: list[bytes], place: int, by: int = 1) -> bytes:
    total = opened(whole, answers[place], whole.uploads()).astype(np.int64)
    total[17] = (total[17] + by) % FIELD
    return hand_made_answer(whole, whole.uploads(), place, to_wire(total.astype(np.uint16)))


def test_a_false_answer_is_named_where_two_more_than_needed_came(whole: Round, answers: list[bytes]) -> None:
    for liar in (0, 3, 6):
        false = [lying(whole, answers, i) if i == liar else answers[i] for i in range(HOSPITALS)]
        with pytest.raises(WrongSumError, match=f"the answer of hospital {liar} is the false one"):
            whole.combine(false, whole.uploads())
        rest = [one for i, one in enumerate(false) if i != liar]
        assert whole.combine(rest, whole.uploads()).tolist() == whole.expected(whole.uploads())


def test_a_false_answer_is_seen_where_one_more_came(whole: Round, answers: list[bytes]) -> None:
    with pytest.raises(WrongSumError, match="which of them is false cannot be told"):
        whole.combine([lying(whole, answers, 0), *answers[1:6]], whole.uploads())


def test_with_no_answer_to_spare_only_a_sum_out_of_reach_is_seen_here(whole: Round, answers: list[bytes]) -> None:
    """Of places 0 to 4 the weights are 5, -10, 10, -5, 1: adding 1 to an answer stays within reach of good secrets."""
    for liar in range(5):
        far = [lying(whole, answers, i, by=20000) if i == liar else answers[i] for i in range(5)]
        with pytest.raises(WrongSumError, match="hospitals 0, 1, 2, 3, 4 give no sum of round secrets"):
            whole.combine(far, whole.uploads())
    near = whole.combine([*answers[:4], lying(whole, answers, 4)], whole.uploads()) - whole.expected(whole.uploads())
    assert near[17] == 1
    assert np.count_nonzero(near) == 1


def test_a_dealer_can_make_an_honest_answer_look_false(whole: Round) -> None:
    """What the sums alone do not tell apart, as `conflicting_place` says: hospital 6 was given a false share."""
    shares = good_shares(whole, 2)
    shares[6] = to_wire(np.zeros(4096, np.uint16))
    messages = {**whole.messages, 2: forged(whole, 2, shares)}
    false = [whole.answer(whole.uploads(), i, messages) for i in range(HOSPITALS)]
    with pytest.raises(WrongSumError, match="hospital 6 is the false one"):
        whole.combine(false, whole.uploads())


# Terms, lists, keys and places that do not belong together


def test_a_hospital_stands_at_its_own_place(people: People, whole: Round, tmp_path: Path) -> None:
    keys, stranger = people.hospitals[0], HospitalKeys.create(tmp_path / "stranger", "Stranger")
    for place, who in ((1, keys), (-1, keys), (HOSPITALS, keys), (0, stranger)):
        with pytest.raises(TermsError, match="does not stand at place"):
            deal(whole.secrets[0], whole.terms, place, who, people.members)
        with pytest.raises(TermsError, match="does not stand at place"):
            make_answer(whole.messages, whole.uploads(), place, who, people.members, people.group_key)


def test_a_list_that_lacks_a_hospital_of_the_terms_is_refused(
    people: People, whole: Round, answers: list[bytes]
) -> None:
    after = MemberList.make(people.coordinator, NAME, people.members.members[:-1], people.members)
    key, _ = GroupKey.make(people.hospitals[0], after)
    for attempt in (
        lambda: deal(whole.secrets[0], whole.terms, 0, people.hospitals[0], after),
        lambda: make_answer(whole.messages, whole.uploads(), 0, people.hospitals[0], after, key),
        lambda: combine(answers, whole.uploads(), after, key),
    ):
        with pytest.raises(TermsError, match="is not in member list 1"):
            attempt()


def test_a_group_key_of_another_epoch_is_refused(people: People, whole: Round, answers: list[bytes]) -> None:
    after = MemberList.make(people.coordinator, NAME, people.members.members, people.members)
    key, _ = GroupKey.make(people.hospitals[0], after)
    with pytest.raises(TermsError, match="take the key that was made for this list"):
        make_answer(whole.messages, whole.uploads(), 0, people.hospitals[0], people.members, key)
    with pytest.raises(TermsError, match="take the key that was made for this list"):
        combine(answers, whole.uploads(), people.members, key)


def test_a_secret_of_another_shape_is_refused(people: People, whole: Round) -> None:
    for bad in (np.zeros(4095, np.int8), np.zeros((2, 2048), np.int8), np.zeros(4096, np.int32)):
        with pytest.raises(TermsError):
            deal(bad, whole.terms, 0, people.hospitals[0], people.members)
