from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from federation.secure_sum.people import People, found, mutations, refused, secret
from pleura.errors import TermsError, WireError
from pleura.federation.secure_sum.share_message import SEALED_SHARE_BYTES, ShareMessage, excerpt
from pleura.federation.secure_sum.unmasking import deal


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return found(tmp_path_factory.mktemp("shares"), 3)


@pytest.fixture(scope="module")
def message(people: People) -> bytes:
    rng = np.random.default_rng(3)
    return deal(secret(rng), people.terms(), 1, people.hospitals[1], people.members)


def test_a_message_travels(people: People, message: bytes) -> None:
    held = ShareMessage.from_bytes(message, people.terms())
    assert held.dealer == 1
    assert held.terms_digest == people.terms().digest
    assert sorted(held.sealed) == [0, 1, 2]
    assert {len(share) for share in held.sealed.values()} == {SEALED_SHARE_BYTES}
    assert [sha256(held.sealed[i]).digest() for i in range(3)] == list(held.digests)
    assert held.to_bytes() == message
    assert len(message) == 3 * 8274 + 111


def test_an_excerpt_holds_one_share_and_all_that_is_signed(people: People, message: bytes) -> None:
    whole = ShareMessage.from_bytes(message, people.terms())
    for place in range(3):
        cut = excerpt(message, people.terms(), place)
        held = ShareMessage.from_bytes(cut, people.terms())
        assert dict(held.sealed) == {place: whole.sealed[place]}
        assert (held.signed, held.signature) == (whole.signed, whole.signature)
        assert len(cut) == 3 * 32 + 8242 + 111
        assert excerpt(cut, people.terms(), place) == cut
        with pytest.raises(TermsError, match=f"holds no share for hospital {(place + 1) % 3}"):
            excerpt(cut, people.terms(), (place + 1) % 3)


def test_what_the_parser_takes_is_what_was_sent_or_has_another_signature(
    people: People, message: bytes, rng: np.random.Generator
) -> None:
    """The signature is not looked at here: a byte of it, of the dealer or of a missing share's digest may differ."""
    terms = people.terms()
    digests, signature = slice(45, 45 + 3 * 32), slice(141, 141 + 64)
    cut = excerpt(message, terms, 2)
    free = set(range(*digests.indices(999))[:64]) | set(range(*signature.indices(999))) | {41, 42}
    for at, changed in enumerate(mutations(cut, rng, random=0)):
        if at in free:
            continue
        with pytest.raises(WireError):
            ShareMessage.from_bytes(changed, terms)
    cut_or_longer = (m for m in mutations(cut, rng, random=3000) if len(m) != len(cut))
    assert refused(lambda data: ShareMessage.from_bytes(data, terms), cut_or_longer) > 2000


def test_shares_out_of_order_or_twice_are_refused(people: People, message: bytes) -> None:
    head, size = 45 + 96 + 64, SEALED_SHARE_BYTES + 2
    parts = [message[head + 2 + i * size :][:size] for i in range(3)]
    for wrong in (parts[::-1], [parts[0], parts[0]], [parts[1], parts[0]]):
        data = message[:head] + len(wrong).to_bytes(2, "big") + b"".join(wrong)
        with pytest.raises(WireError, match="holds the number"):
            ShareMessage.from_bytes(data, people.terms())
    with pytest.raises(WireError, match="holds the number 0 where 1 to 3"):
        ShareMessage.from_bytes(message[:head] + b"\0\0", people.terms())


def test_another_round_is_refused(people: People, message: bytes, tmp_path: Path) -> None:
    with pytest.raises(WireError, match="of another round, attempt or federation"):
        ShareMessage.from_bytes(message, people.terms(number=1))
    with pytest.raises(WireError, match="of another round, attempt or federation"):
        excerpt(message, people.terms(number=1), 0)
