"""Damaged bytes of every kind of input: the readers answer or raise an error of ours; never another, never for long.

Mutations are drawn from a seed that the test's name holds, so that a failure can be repeated.
"""

import random
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from imaging.dicom_phantom import PACKED, Phantom, enhanced, series
from pleura.errors import PleuraError
from pleura.imaging.dicom.decode import decode_frame
from pleura.imaging.dicom.header import read_header
from pleura.imaging.limits import Limits
from pleura.imaging.nifti_write import ras_affine
from pleura.imaging.study import load_study

LIMITS = Limits(files=200, bytes=2**22, ratio_from=2**18, slices=100, matrix=256, voxels=2**22, header_bytes=2**20)
EXTREMES = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


def small(syntax: str) -> Phantom:
    return Phantom(syntax=syntax, slices=16, rows=32, columns=34, spacing=(8.0, 8.5), bits_stored=12)


def mutated(data: bytes, draw: random.Random, focus: int) -> bytes:
    """Spoil the data in one to four places, most of them within the first `focus` bytes."""
    out = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 4))):
        reach = min(len(out), focus) if draw.random() < 0.8 else len(out)
        at = draw.randrange(max(1, reach))
        match draw.randrange(8):
            case 0:
                out[at : at + 1] = bytes([draw.randrange(256)])
            case 1:
                out[at : at + 1] = bytes([out[at] ^ (1 << draw.randrange(8))]) if out else b""
            case 2:
                out[at : at + 2] = struct.pack("<H", draw.choice(EXTREMES) & 0xFFFF)
            case 3:
                out[at : at + 4] = struct.pack(draw.choice("<>") + "I", draw.choice(EXTREMES))
            case 4:
                del out[at:]
            case 5:
                del out[at : at + draw.choice((1, 2, 4, 100))]
            case 6:
                out[at:at] = draw.randbytes(draw.choice((1, 2, 4, 100)))
            case 7:
                source = draw.randrange(max(1, len(out)))
                out[at : at + 64] = out[source : source + 64]
    return bytes(out)


def survives(path: Path) -> bool:
    """Read the study; true if there was an answer."""
    try:
        volume, _ = load_study(path, limits=LIMITS)
    except PleuraError as error:
        message = str(error)
    else:
        assert volume.hu.size <= LIMITS.voxels * 4
        return True
    assert "\n" not in message
    assert len(message) < 4000
    return False


def nifti(suffix: str) -> bytes:
    phantom = small("explicit")
    image = nib.Nifti1Image(
        np.rint(phantom.hu()).astype(np.int16).transpose(2, 1, 0), ras_affine(phantom.affine()), dtype=np.int16
    )
    if suffix == ".nii":
        return image.to_bytes()
    import gzip

    return gzip.compress(image.to_bytes(), mtime=0)


def archive() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for k, data in enumerate(series(small("implicit"))):
            packed.writestr(zipfile.ZipInfo(f"study/{k}.dcm"), data)
    return out.getvalue()


SOURCES: dict[str, tuple[Callable[[], bytes], str, int]] = {
    "explicit": (lambda: enhanced(small("explicit")), ".dcm", 6000),
    "implicit": (lambda: enhanced(small("implicit")), ".dcm", 6000),
    "big-endian": (lambda: enhanced(small("big-endian")), ".dcm", 6000),
    "nii": (lambda: nifti(".nii"), ".nii", 352),
    "nii.gz": (lambda: nifti(".nii.gz"), ".nii.gz", 2000),
    "zip": (archive, ".zip", 4000),
    "zip-end": (archive, ".zip", 10**9),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", SOURCES)
def test_one_damaged_file(tmp_path: Path, kind: str, seed: int) -> None:
    make, suffix, focus = SOURCES[kind]
    whole, draw = make(), random.Random(f"{kind} {seed}")
    path = tmp_path / f"study{suffix}"
    path.write_bytes(whole)
    assert survives(path)
    answers = 0
    for _ in range(40):
        path.write_bytes(mutated(whole, draw, focus))
        answers += survives(path)
    assert answers < 40


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(4))
def test_damaged_slices_among_whole_ones(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    files = series(small(("explicit", "implicit", "big-endian")[seed % 3]))
    for _ in range(12):
        spoiled = {draw.randrange(16) for _ in range(draw.choice((1, 2, 16)))}
        for k, data in enumerate(files):
            (tmp_path / f"{k:02d}").write_bytes(mutated(data, draw, 1400) if k in spoiled else data)
        survives(tmp_path)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("syntax", PACKED)
def test_damaged_frames_of_each_codec(tmp_path: Path, syntax: str) -> None:
    draw = random.Random(syntax)
    phantom = small(syntax)
    phantom.slices = 1
    (whole,) = series(phantom)
    path = tmp_path / "slice"
    path.write_bytes(whole)
    header = read_header(path, "slice", LIMITS)
    assert header is not None
    assert header.pixels is not None
    refused = 0
    for k in range(150):
        tail = mutated(whole[header.pixels.offset :], draw, 200 if k % 2 else 10**9)
        other = path.with_name(str(k))  # a new name, for the decoder keeps the last file's frames
        other.write_bytes(whole[: header.pixels.offset] + tail)
        layout = read_header(other, "slice", LIMITS)
        if layout is None or layout.pixels is None:
            continue
        try:
            values = decode_frame(layout.pixels, 0, "slice")
        except PleuraError:
            refused += 1
        else:
            assert values.shape == (32, 34)
    assert refused > 20


@pytest.mark.timeout(120)
@pytest.mark.parametrize("syntax", PACKED)
def test_damaged_compressed_files_from_end_to_end(tmp_path: Path, syntax: str) -> None:
    draw, whole = random.Random(syntax), enhanced(small(syntax))
    path = tmp_path / "study.dcm"
    for k in range(6):
        path.write_bytes(mutated(whole, draw, 6000 if k % 2 else 10**9))
        survives(path)


def nested(levels: int) -> bytes:
    """Sequences within sequences, of undefined length, deeper than any stack."""
    head = bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0x10, b"UI", 18, 0)[:8] + b"1.2.840.10008.1.2\0"
    item = struct.pack("<HHI", 0x0008, 0x1115, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    return head + item * levels


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "data",
    [
        nested(5_000),
        bytes(128) + b"DICM",
        bytes(128) + b"DICM" + b"\xff" * 4000,
        b"\x08\x00\x05\x00" + b"\xff" * 400,
        b"\x02\x00\x10\x00UI\x16\x001.2.840.10008.1.2.1.99" + b"\0" * 100,
        b"PK\x03\x04" + bytes(100),
        b"PK\x05\x06" + b"\xff" * 18,
        b"\x1f\x8b\x08\0" + bytes(40),
    ],
    ids=["nested", "magic", "ones", "bare", "deflated", "zip", "zip64", "gzip"],
)
@pytest.mark.parametrize("name", ["a.dcm", "a.nii.gz"])
def test_bytes_made_by_hand(tmp_path: Path, data: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(PleuraError):
        load_study(tmp_path / name)
