"""A DICOM header in, where the pixel data lie and how they are coded out, or why they cannot be read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pydicom.uid as uid
from pydicom.dataset import Dataset

from pleura.imaging.dicom.tags import Tag
from pleura.imaging.dicom.uid_names import uid_name
from pleura.imaging.dicom.values import integer, text
from pleura.imaging.limits import Limits

__all__ = ["ENCAPSULATED", "NATIVE", "PixelLayout", "find_pixels"]

NATIVE = frozenset({uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian})
"""Transfer syntaxes with plain pixel data."""
ENCAPSULATED = frozenset(
    {
        uid.RLELossless,
        uid.JPEGExtended12Bit,
        uid.JPEGLossless,
        uid.JPEGLosslessSV1,
        uid.JPEGLSLossless,
        uid.JPEGLSNearLossless,
        uid.JPEG2000Lossless,
        uid.JPEG2000,
        uid.HTJ2KLossless,
        uid.HTJ2KLosslessRPCL,
        uid.HTJ2K,
    }
)
"""Transfer syntaxes with compressed pixel data that are decoded; the 8-bit ones cannot hold HU."""
_UNDEFINED = 0xFFFFFFFF
_SPARE_BYTES = 16 * 2**20
"""What may follow compressed pixel data in a file, or be lost to compression of noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelLayout:
    """All that a decoder needs to know of a file."""

    path: Path
    offset: int
    """First byte of the value of Pixel Data."""
    transfer_syntax: str
    rows: int
    columns: int
    frames: int
    bits_allocated: int
    """8 or 16."""
    bits_stored: int
    signed: bool

    @property
    def encapsulated(self) -> bool:
        """Whether frames are compressed, each in its own fragments."""
        return self.transfer_syntax in ENCAPSULATED

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame, decoded."""
        return self.rows * self.columns * (self.bits_allocated // 8)

    @property
    def dtype(self) -> str:
        """Numpy's name for the stored values as they lie in a file without compression."""
        order = ">" if self.transfer_syntax == uid.ExplicitVRBigEndian else "<"
        return f"{order}{'i' if self.signed else 'u'}{self.bits_allocated // 8}"


def _element(data: bytes, at: int, *, implicit: bool, order: Literal["little", "big"]) -> tuple[int, int, int] | None:
    """Tag, length, and offset of the value, of the element at `at`; None where the data end before it."""
    head = data[at : at + 12]
    if len(head) < (8 if implicit else 12):
        return None
    tag = int.from_bytes(head[:2], order) << 16 | int.from_bytes(head[2:4], order)
    return (
        (tag, int.from_bytes(head[4:8], order), at + 8) if implicit else (tag, int.from_bytes(head[8:], order), at + 12)
    )


def _header_problem(dataset: Dataset, syntax: str, frames: int, limits: Limits) -> str:
    """Why pixel data of this header cannot be a slice in HU; "" where they can. Nothing is allocated before this."""
    rows, columns = integer(dataset, Tag.ROWS) or 0, integer(dataset, Tag.COLUMNS) or 0
    allocated, stored = integer(dataset, Tag.BITS_ALLOCATED) or 0, integer(dataset, Tag.BITS_STORED) or 0
    samples = integer(dataset, Tag.SAMPLES_PER_PIXEL)
    if not (rows and columns):
        return "no rows or columns"
    if max(rows, columns) > limits.matrix:
        return f"its matrix of {rows} x {columns} is past the limit of {limits.matrix}"
    if not 1 <= frames <= limits.slices:
        return f"{frames} frames, where 1 to {limits.slices} are allowed"
    if samples not in (None, 1) or "MONOCHROME" not in (text(dataset, Tag.PHOTOMETRIC) or "MONOCHROME"):
        return "a colour picture, not measured values"
    if allocated not in (8, 16) or not 1 <= stored <= allocated:
        return f"{stored} of {allocated} bits a pixel, where 8 or 16 are read"
    if integer(dataset, Tag.PIXEL_REPRESENTATION) not in (0, 1):
        return "it does not say whether its pixels are signed"
    if syntax not in NATIVE | ENCAPSULATED:
        return f"its transfer syntax {uid_name(syntax)} is not read"
    return ""


def find_pixels(
    dataset: Dataset, syntax: str, data: bytes, at: int, path: Path, frames: int, limits: Limits
) -> tuple[PixelLayout | None, str]:
    """Find the pixel data and hold their length against rows x columns x frames.

    Parameters
    ----------
    dataset : the elements before the pixel data
    data : the file from its first byte to past the head of the pixel data element, where it has one
    at : offset of that element

    Returns
    -------
    layout : None where there is a problem
    problem : "" where there is none
    """
    implicit, little = dataset.original_encoding
    found = _element(data, at, implicit=bool(implicit), order="little" if little is not False else "big")
    if found is None:
        return None, "no pixel data"
    tag, length, offset = found
    if tag != Tag.PIXEL_DATA:
        return None, "no pixel data" if tag > Tag.PIXEL_DATA else "pixel data in floating point, not in HU"
    if problem := _header_problem(dataset, syntax, frames, limits):
        return None, problem
    layout = PixelLayout(
        path=path,
        offset=offset,
        transfer_syntax=syntax,
        rows=integer(dataset, Tag.ROWS) or 0,
        columns=integer(dataset, Tag.COLUMNS) or 0,
        frames=frames,
        bits_allocated=integer(dataset, Tag.BITS_ALLOCATED) or 0,
        bits_stored=integer(dataset, Tag.BITS_STORED) or 0,
        signed=integer(dataset, Tag.PIXEL_REPRESENTATION) == 1,
    )
    present, needed = path.stat().st_size - offset, layout.frame_bytes * frames
    if layout.encapsulated != (length == _UNDEFINED):
        return None, "the length of its pixel data does not fit its transfer syntax"
    if layout.encapsulated and present > 2 * needed + _SPARE_BYTES:
        return None, f"{present} bytes of compressed pixel data, where {needed} would hold them plain"
    if layout.encapsulated:
        return layout, "" if present > 0 else "no pixel data"
    if length not in (needed, needed + needed % 2):
        return None, (
            f"its {length} bytes of pixel data do not fit {layout.rows} x {layout.columns} x {frames} "
            f"of {layout.bits_allocated} bits ({needed} bytes)"
        )
    if present < needed:
        return None, f"truncated: {present} of {needed} bytes of pixel data"
    return layout, ""
