"""Sizes that frames claim, against what was encoded; and what claims none."""

import numpy as np
import pytest

from imaging.dicom_phantom import compress
from pleura.imaging.dicom.codestream import claimed_size

PICTURE = np.arange(33 * 47, dtype=np.uint16).reshape(33, 47)


@pytest.mark.parametrize("syntax", ["jpeg-2000", "jpeg-lossless", "jpeg-ls"])
def test_size_is_what_was_encoded(syntax: str) -> None:
    assert claimed_size(compress(PICTURE, syntax, 12)) == (33, 47, 1, 12)


def test_a_forged_size_shows() -> None:
    frame = bytearray(compress(PICTURE, "jpeg-2000", 12))
    frame[8:12] = (60_000).to_bytes(4, "big")
    assert claimed_size(bytes(frame)) == (33, 60_000, 1, 12)
    frame = bytearray(compress(PICTURE, "jpeg-ls", 12))
    frame[7:9] = (60_000).to_bytes(2, "big")
    assert claimed_size(bytes(frame)) == (60_000, 47, 1, 12)


def test_many_tiles_claim_nothing() -> None:
    frame = bytearray(compress(PICTURE, "jpeg-2000", 12))
    frame[24:28] = frame[28:32] = (0).to_bytes(4, "big")
    assert claimed_size(bytes(frame)) is None
    frame[8:16] = (60_000).to_bytes(4, "big") * 2
    frame[24:32] = (1).to_bytes(4, "big") * 2
    assert claimed_size(bytes(frame)) is None


@pytest.mark.parametrize(
    "frame", [b"", b"\xff\xd8", b"\xff\xd8\xff\xd9", b"\xff\x4f\xff\x51\0", b"hello" * 20, bytes(99)]
)
def test_what_is_no_frame_claims_nothing(frame: bytes) -> None:
    assert claimed_size(frame) is None
