"""Pulled files are whole or not there; offers from outside are refused when they are not formed as such."""

import hashlib
from pathlib import Path

import pytest

from pleura.errors import WireError
from pleura.federation.engine.offers import IncomingFile, Offer, read_offers, write_offers
from pleura.federation.rounds.file_hash import hash_file

CONTENT = bytes(range(256)) * 40
OFFER = Offer("R1", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


def test_a_whole_file_gets_its_name(tmp_path: Path) -> None:
    incoming = IncomingFile(tmp_path / "in" / "part", OFFER)
    for start in range(0, len(CONTENT), 1000):
        incoming.write(CONTENT[start : start + 1000])
        assert not incoming.path.exists()
    incoming.finish()
    assert incoming.path.read_bytes() == CONTENT
    assert hash_file(incoming.path) == OFFER.sha256
    assert [path.name for path in incoming.path.parent.iterdir()] == ["part"]


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT[:-1] + b"x", b""])
def test_a_file_that_is_not_what_was_offered_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    incoming = IncomingFile(tmp_path / "part", OFFER)
    incoming.write(content)
    with pytest.raises(WireError, match="not what was offered"):
        incoming.finish()
    assert list(tmp_path.iterdir()) == []


def test_more_bytes_than_offered_are_refused_at_once(tmp_path: Path) -> None:
    incoming = IncomingFile(tmp_path / "part", OFFER)
    incoming.write(CONTENT)
    with pytest.raises(WireError, match="more bytes came"):
        incoming.write(b"x")
    incoming.drop()
    assert list(tmp_path.iterdir()) == []


def test_offers_are_read_back() -> None:
    assert read_offers(write_offers({"part-0": OFFER}), OFFER.bytes) == {"part-0": OFFER}
    assert read_offers({}, 1) == {}


GOOD = {"reference": "R1", "bytes": 5, "sha256": "0" * 64}


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        {"part": 5},
        {"part": {}},
        {"part": GOOD | {"more": 1}},
        {"part": GOOD | {"bytes": -1}},
        {"part": GOOD | {"bytes": True}},
        {"part": GOOD | {"bytes": 5.0}},
        {"part": GOOD | {"sha256": "0"}},
        {"part": GOOD | {"reference": 5}},
        {"part": GOOD | {"bytes": 101}},
        {"../part": GOOD},
        {".part": GOOD},
        {7: GOOD},
    ],
)
def test_what_is_no_offer_is_refused(fields: object) -> None:
    assert read_offers({"part": GOOD}, 100)
    with pytest.raises(WireError):
        read_offers(fields, 100)
