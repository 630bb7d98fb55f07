"""Bytes from outside, altered at random: refused with an error of the tree, or harmless; no wrong sum is given out.

Each kind of message is changed thousands of times: bytes turned over, fields set to extremes, cut, lengthened, spliced.
Parsers of keys and lists are fuzzed beside their own tests; here it is the round as a whole.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from federation.secure_sum.people import found
from federation.secure_sum.rounds import keyrings, rounds, terms_for
from pleura.errors import PleuraError, WireError
from pleura.federation.secure_sum.hospital import HospitalRound
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.identity import PublicKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.layout import Counts, Layout, Values
from pleura.federation.secure_sum.ring.modulus import PRIMES, RING_DEGREE
from pleura.federation.secure_sum.server import ServerRound
from pleura.federation.secure_sum.share_message import excerpt
from pleura.federation.secure_sum.sums import Opened
from pleura.federation.secure_sum.terms import Backend, RoundTerms, UploadSet
from pleura.federation.secure_sum.wire import HEADER_BYTES

LAYOUT = Layout((Values(name="w", size=300, clip=1.0), Counts(name="weight", size=1, most=10**6)))
HOSPITALS = 3
EXTREMES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\1")


def mutations(message: bytes, rng: np.random.Generator, count: int, *, head: int = 200) -> Iterator[bytes]:
    """Altered copies; half of the changes fall into the first `head` bytes, where the fields are."""
    for number in range(count):
        reach = min(head, len(message)) if number % 2 else len(message)
        at = int(rng.integers(0, max(reach, 1)))
        length = int(rng.integers(1, 9))
        kind = int(rng.integers(0, 8))
        if kind <= 2:
            middle = bytes([message[at] ^ (1 << int(rng.integers(0, 8)))])
            yield message[:at] + middle + message[at + 1 :]
        elif kind == 3:
            yield message[:at] + EXTREMES[int(rng.integers(0, 5))] * length + message[at + length :]
        elif kind == 4:
            yield message[:at]
        elif kind == 5:
            yield message[:at] + rng.bytes(length) + message[at:]
        elif kind == 6:
            yield message[:at] + message[at + length :]
        else:
            other = int(rng.integers(0, len(message)))
            yield message[:at] + message[other : other + length] + message[at + length :]


def refused_or_same(read: Callable[[bytes], object], message: bytes, altered: Iterator[bytes]) -> int:
    """How many altered messages were refused; each is, unless it is the message itself."""
    refused = 0
    for data in altered:
        if data == message:
            continue
        with pytest.raises(PleuraError):
            read(data)
        refused += 1
    return refused


@dataclass
class Round:
    """A whole round of three hospitals, with all that was sent."""

    terms: RoundTerms
    hospitals: list[HospitalRound]
    parts: list[list[bytes]]
    shares: dict[int, bytes]
    upload_set: UploadSet
    total: list[bytes]
    answers: dict[int, bytes]
    truth: Opened

    def open(self, total: list[bytes], answers: dict[int, bytes] | None = None) -> Opened:
        held = self.answers if answers is None else answers
        return self.hospitals[0].open(self.upload_set, total, held.values())

    def same(self, opened: Opened) -> bool:
        return (opened.values["w"] == self.truth.values["w"]).all() and (
            opened.counts["weight"] == self.truth.counts["weight"]
        ).all()


def run(backend: Backend, rng: np.random.Generator) -> Round:
    terms = terms_for(LAYOUT, HOSPITALS, backend=backend)
    hospitals, server = rounds(terms), ServerRound(terms)
    parts = [
        list(h.upload({"w": rng.uniform(-1, 1, 300).astype(np.float32), "weight": np.array([17])})) for h in hospitals
    ]
    for data in (part for of_one in parts for part in of_one):
        server.receive(data)
    upload_set = server.close()
    shares = {h.place: h.share_message() for h in hospitals}
    answers = {h.place: h.answer(upload_set, shares) for h in hospitals}
    total = list(server.total_parts())
    return Round(
        terms,
        hospitals,
        parts,
        shares,
        upload_set,
        total,
        answers,
        hospitals[0].open(upload_set, total, answers.values()),
    )


@pytest.fixture(scope="module")
def ring() -> Round:
    return run("ring", np.random.default_rng(5))


@pytest.mark.parametrize("backend", ["ring", "seal", "masks", "plain"])
def test_parts_of_uploads(backend: Backend, rng: np.random.Generator) -> None:
    """What the server takes has this round's header, this sender's place, and the right length."""
    if backend == "seal":
        pytest.importorskip("seal", reason="seal-python is not installed")
    terms = terms_for(LAYOUT, HOSPITALS, backend=backend)
    part = next(rounds(terms)[1].upload({"w": np.zeros(300, np.float32), "weight": np.array([3])}))
    taken = 0
    for data in mutations(part, rng, 1500, head=HEADER_BYTES):
        try:
            ServerRound(terms).receive(data, sender=1)
        except WireError:
            continue
        assert data[:HEADER_BYTES] == part[:HEADER_BYTES]
        assert len(data) == len(part)
        taken += 1
    assert 0 < taken < 1500  # some changes of a payload give another possible one, and only those are taken


@pytest.mark.parametrize("backend", ["seal", "masks", "plain"])
def test_parts_of_the_sum_without_a_check(backend: Backend, rng: np.random.Generator) -> None:
    """These backends say that they find no altered sum; what they give is still of the right form, or refused."""
    if backend == "seal":
        pytest.importorskip("seal", reason="seal-python is not installed")
    done = run(backend, rng)
    for data in mutations(done.total[0], rng, 300, head=HEADER_BYTES):
        try:
            opened = done.open([data, *done.total[1:]])
        except PleuraError:
            continue
        assert np.isfinite(opened.values["w"]).all()
        assert np.abs(opened.values["w"]).max() <= HOSPITALS * (1 + 1e-6)


def test_an_altered_ring_sum_never_opens_to_something_else(ring: Round, rng: np.random.Generator) -> None:
    refused = 0
    for data in mutations(ring.total[0], rng, 400, head=HEADER_BYTES):
        try:
            opened = ring.open([data])
        except PleuraError:
            refused += 1
            continue
        assert ring.same(opened)
    assert refused > 300


def shifted(part: bytes, changes: dict[int, int]) -> bytes:
    """A ring part of one ring element with numbers added to its coefficients, as a server can that knows no key."""
    words = np.frombuffer(part, "<u4", offset=HEADER_BYTES).astype(np.int64).reshape(3, RING_DEGREE)
    for j, change in changes.items():
        for k, p in enumerate(PRIMES):
            words[k, j] = (int(words[k, j]) + change) % p
    return part[:HEADER_BYTES] + words.astype("<u4").tobytes()


def test_a_server_cannot_shift_a_sum(ring: Round, rng: np.random.Generator) -> None:
    """The ciphertext is malleable; the check coefficient is what holds. A guessed change of it does not help."""
    for attempt in range(120):
        changes = {int(rng.integers(0, 75)): int(rng.choice([-1, 1]))}
        if attempt % 2:
            changes[RING_DEGREE - 1] = int(rng.integers(0, 2**31)) + (int(rng.integers(0, 2**31)) << 42)
        with pytest.raises(PleuraError, match="ring element 0"):
            ring.open([shifted(ring.total[0], changes)])


@pytest.mark.parametrize("hidden", [0, 1, 2])
def test_a_shift_by_a_multiple_of_two_primes_is_found(ring: Round, rng: np.random.Generator, hidden: int) -> None:
    """Messages are larger than p0 p1: what such a product is added to looks the same modulo both primes."""
    modulus = PRIMES[0] * PRIMES[1] * PRIMES[2] // PRIMES[hidden]
    for _ in range(60):
        factor = int(rng.integers(1, 1 << 20))
        with pytest.raises(PleuraError, match="ring element 0"):
            ring.open([shifted(ring.total[0], {int(rng.integers(0, 75)): factor * modulus})])


def test_a_sum_of_other_uploads_does_not_open(ring: Round) -> None:
    """One hospital's upload twice, another's left out: the secrets do not fit."""
    server = ServerRound(ring.terms)
    swapped = ring.parts[0][0][:20] + (1).to_bytes(4, "little") + ring.parts[0][0][24:]
    for data in (ring.parts[0][0], swapped, ring.parts[2][0]):
        server.receive(data)
    assert server.close().digest == ring.upload_set.digest
    with pytest.raises(PleuraError, match="does not open"):
        ring.open(list(server.total_parts()))


def test_share_messages(ring: Round, rng: np.random.Generator) -> None:
    """Whatever an altered share message is, no answer is made from it."""
    fresh = rounds(ring.terms)[2]  # a hospital that did not answer yet

    def answer(data: bytes) -> object:
        return fresh.answer(ring.upload_set, ring.shares | {1: data})

    refused = 0
    for data in mutations(ring.shares[1], rng, 600):
        try:
            answer(data)
        except WireError:
            refused += 1
            continue
        assert fresh.answer(ring.upload_set, ring.shares)  # changed where other hospitals' shares lie: the same answer
        fresh = rounds(ring.terms)[2]
    assert refused > 300


def test_excerpts_of_share_messages(ring: Round, rng: np.random.Generator) -> None:
    message = ring.shares[0]
    assert (
        refused_or_same(lambda data: excerpt(data, ring.terms, 1), message, mutations(message, rng, 500, head=48)) > 400
    )


def test_answers(ring: Round, rng: np.random.Generator) -> None:
    """An altered answer is refused; it never makes another sum."""
    message = ring.answers[1]

    def opened(data: bytes) -> object:
        return ring.open(ring.total, ring.answers | {1: data})

    assert refused_or_same(opened, message, mutations(message, rng, 500)) > 400


def test_member_lists_and_group_keys(tmp_path: Path, rng: np.random.Generator) -> None:
    group = found(tmp_path, HOSPITALS)
    readers: list[tuple[Callable[[bytes], object], bytes]] = [
        (lambda data: MemberList.from_bytes(data, group.coordinator.public), group.members.to_bytes()),
        (lambda data: GroupKey.open(data, group.hospitals[1], group.members), group.group_message),
        (PublicKeys.from_bytes, group.hospitals[1].public.to_bytes()),
    ]
    for read, data in readers:
        read(data)
        assert refused_or_same(read, data, mutations(data, rng, 500)) > 400


@pytest.mark.parametrize("size", [0, 1, 7, 8, 131, 132, 133, 5000])
def test_noise_is_refused_by_every_parser(ring: Round, rng: np.random.Generator, size: int) -> None:
    held = keyrings(HOSPITALS)[0]
    readers: list[Callable[[bytes], object]] = [
        ServerRound(ring.terms).receive,
        lambda data: ring.open([data]),
        lambda data: ring.open(ring.total, ring.answers | {0: data}),
        lambda data: rounds(ring.terms)[0].answer(ring.upload_set, ring.shares | {0: data}),
        lambda data: excerpt(data, ring.terms, 0),
        lambda data: MemberList.from_bytes(data, bytes(32)),
        lambda data: GroupKey.open(data, held.hospital, held.members),
        PublicKeys.from_bytes,
    ]
    for read in readers:
        for data in (rng.bytes(size), bytes(size)):
            with pytest.raises(PleuraError):
                read(data)
