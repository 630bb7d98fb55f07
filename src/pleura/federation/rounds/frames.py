"""Byte strings in, one file's bytes out in which each stands after its length, and back again one at a time."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pleura.errors import WireError

__all__ = ["HEAD_BYTES", "MOST_BYTES", "frames", "read_frames"]

HEAD_BYTES: Final = 4
"""Of the length before each byte string, the highest byte first."""
MOST_BYTES: Final = 1 << 26
"""64 MiB, what one byte string may have: more than any part of an upload, so that a false length fills no memory."""


def frames(strings: Iterable[bytes]) -> Iterator[bytes]:
    """Give the pieces of the file, to be written one after the other."""
    for string in strings:
        assert len(string) <= MOST_BYTES
        yield len(string).to_bytes(HEAD_BYTES, "big")
        yield string


def read_frames(path: Path) -> Iterator[tuple[int, bytes]]:
    """Read a file of `frames`, holding one byte string at a time.

    Yields
    ------
    where in the file it begins, and the byte string

    Raises
    ------
    WireError
        If the file cannot be read, ends in the middle, or a length is beyond 64 MiB.
    """
    try:
        with path.open("rb") as file:
            while head := file.read(HEAD_BYTES):
                size = int.from_bytes(head, "big")
                if len(head) < HEAD_BYTES or size > MOST_BYTES:
                    raise WireError(
                        f"{path.name} holds a length that cannot be, {head.hex()}; it was cut off or altered: "
                        "ask for it again"
                    )
                at = file.tell()
                string = file.read(size)
                if len(string) < size:
                    raise WireError(
                        f"{path.name} ends {size - len(string)} bytes early; it was cut off: ask for it again"
                    )
                yield at, string
    except OSError as error:
        raise WireError(f"cannot read {path.name}: {error.strerror or error}; ask for it again") from error
