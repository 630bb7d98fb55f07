"""Numbers and byte strings in, one message out, and back again with every length and range looked at.

A message begins with eight letters that say what it is and one byte that says in which version.
"""

from typing import Final

from pleura.errors import WireError

__all__ = ["Fields", "number", "opening", "text"]

_VERSION: Final = 1
_LONGEST_TEXT: Final = 256


def opening(magic: bytes) -> bytes:
    """Give the first 9 bytes of a message of the kind `magic`, 8 letters."""
    return magic + bytes([_VERSION])


def number(value: int, size: int) -> bytes:
    """Write a whole number from 0 in `size` bytes, the highest first.

    Raises
    ------
    WireError
        If it does not fit.
    """
    if not 0 <= value < 1 << (8 * size):
        raise WireError(f"{value} does not fit {size} bytes; numbers in messages are 0 or more and bounded")
    return value.to_bytes(size, "big")


def text(value: str) -> bytes:
    """Write a printable text, 1 to 256 bytes of UTF-8, after its length, 2 bytes; `WireError` if it is none."""
    held = value.encode("utf-8", "replace")
    if not (value.isprintable() and value == value.strip() and 0 < len(held) <= _LONGEST_TEXT):
        raise WireError(
            f"a name has 1 to {_LONGEST_TEXT} bytes, printable, without spaces at its ends; got {value[:60]!r}"
        )
    return number(len(held), 2) + held


class Fields:
    """Reads a message from outside, field by field.

    Parameters
    ----------
    data : the message
    what : what it should be, for the messages: "the member list"

    Raises
    ------
    WireError
        By every method, if the message does not hold what it should.
    """

    def __init__(self, data: bytes, what: str) -> None:
        self._data = bytes(data)
        self._what = what
        self._at = 0

    def opening(self, magic: bytes) -> None:
        """Expect the first 9 bytes of a message of this kind."""
        got = self.take(len(magic))
        if got != magic:
            raise WireError(f"this is not {self._what}: it begins with {got!r}, not {magic!r}")
        version = self.number(1)
        if version != _VERSION:
            raise WireError(
                f"{self._what} has format {version}, this program reads {_VERSION}; bring both to one version"
            )

    def take(self, size: int) -> bytes:
        """Read the next `size` bytes."""
        held = self._data[self._at : self._at + size]
        if len(held) != size:
            raise WireError(
                f"{self._what} ends after {len(self._data)} bytes, {self._at + size} or more were expected; "
                "it was cut off on its way: ask for it again"
            )
        self._at += size
        return held

    def number(self, size: int, *, least: int = 0, most: int | None = None) -> int:
        """Read the next number of `size` bytes, between `least` and `most`."""
        got = int.from_bytes(self.take(size), "big")
        if got < least or (most is not None and got > most):
            raise WireError(f"{self._what} holds the number {got} where {least} to {most} was expected")
        return got

    def text(self) -> str:
        """Read the next text, after its length."""
        size = self.number(2, least=1, most=_LONGEST_TEXT)
        try:
            value = self.take(size).decode("utf-8")
            text(value)
        except (UnicodeDecodeError, WireError) as error:
            raise WireError(f"{self._what} holds a name that is no printable text") from error
        return value

    def so_far(self) -> bytes:
        """Give all bytes read up to here, as they came."""
        return self._data[: self._at]

    def end(self) -> None:
        """Expect that nothing is left."""
        if self._at != len(self._data):
            raise WireError(
                f"{self._what} has {len(self._data)} bytes, {self._at} were expected; something was added to it"
            )
