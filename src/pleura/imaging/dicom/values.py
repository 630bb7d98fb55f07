"""Raw DICOM elements in, plain text and numbers out; a malformed value counts as absent and never raises.

pydicom finds the elements; their bytes are turned here, since its own conversion warns on, corrects or refuses
what scanners really write, and costs half the time of a header.
"""

import math
import struct

from pydicom.charset import decode_bytes
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

__all__ = ["integer", "items", "numbers", "text", "texts"]

_LONGEST_TEXT = 256
_DELIMITERS = {0x09, 0x0A, 0x0C, 0x0D, 0x5C}
"""Bytes after which a text falls back to its first character set; 5C separates values."""


def _raw(dataset: Dataset, tag: int) -> RawDataElement | None:
    """Find the element as it lies in the file; None where it is absent or empty."""
    element = dataset.get_item(tag, keep_deferred=True)
    return element if isinstance(element, RawDataElement) and element.value else None


def _decoded(dataset: Dataset, value: bytes) -> str:
    """Turn an element's bytes into text in the file's character set, printable, trimmed and of bounded length."""
    value = value[: 4 * _LONGEST_TEXT]
    if value.isascii():
        out = value.decode("ascii")
    else:
        encodings = dataset.original_character_set
        out = decode_bytes(value, [encodings] if isinstance(encodings, str) else list(encodings), _DELIMITERS)
    if not out.isprintable():
        out = "".join(c if c.isprintable() else " " for c in out)
    return out.strip()[:_LONGEST_TEXT]


def text(dataset: Dataset, tag: int) -> str:
    """Read the element as one line of text, several values still joined by a backslash; "" where it is absent."""
    element = _raw(dataset, tag)
    return _decoded(dataset, element.value) if element is not None and element.value is not None else ""


def texts(dataset: Dataset, tag: int) -> tuple[str, ...]:
    """Read the element's values as text; () where it is absent."""
    whole = text(dataset, tag)
    return tuple(part.strip() for part in whole.split("\\")) if whole else ()


def numbers(dataset: Dataset, tag: int) -> tuple[float, ...]:
    """Read a decimal or integer string, or binary floats; () where one is absent, malformed or not finite."""
    element = _raw(dataset, tag)
    if element is None or element.value is None:
        return ()
    value = element.value
    if element.VR in ("FD", "FL"):
        width, letter = (8, "d") if element.VR == "FD" else (4, "f")
        count = min(len(value) // width, 16)
        order = "<" if element.is_little_endian else ">"
        out = struct.unpack(f"{order}{count}{letter}", value[: count * width])
    else:
        try:
            out = tuple(float(part) for part in value[:1024].decode("ascii").strip(" \0").split("\\"))
        except ValueError:  # UnicodeDecodeError is one
            return ()
    return out if all(math.isfinite(number) for number in out) else ()


def integer(dataset: Dataset, tag: int) -> int | None:
    """Read a binary unsigned integer of 2 or 4 bytes; None where it is absent or of another length."""
    element = _raw(dataset, tag)
    if element is None or element.value is None or len(element.value) not in (2, 4):
        return None
    return int.from_bytes(element.value, "little" if element.is_little_endian else "big")


def items(dataset: Dataset, tag: int) -> list[Dataset]:
    """List the items of a sequence; empty where it is absent or not a sequence."""
    if dataset.get_item(tag, keep_deferred=True) is None:
        return []
    value = dataset[tag].value
    return list(value) if isinstance(value, Sequence) else []
