"""Files that one side offers and the other pulls: what an offer says, and a pulled file that is whole or not there."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pleura.errors import WireError
from pleura.federation.rounds.exchange import check_file_name

__all__ = ["IncomingFile", "Offer", "read_offers", "write_offers"]


@dataclass(frozen=True)
class Offer:
    """A file that waits to be pulled.

    Raises
    ------
    WireError
        If it is not formed as one.
    """

    reference: str
    """The engine's name of it."""
    bytes: int
    sha256: str
    """64 hex digits."""

    def __post_init__(self) -> None:
        if (
            not isinstance(self.reference, str)
            or not isinstance(self.sha256, str)
            or type(self.bytes) is not int
            or self.bytes < 0
            or len(self.sha256) != 64
        ):
            raise WireError(f"an offer has a reference, a length and a SHA-256, got {self!r:.200}")


def write_offers(offers: Mapping[str, Offer]) -> dict[str, dict[str, Any]]:
    """Offers by file name, as plain fields for the engine."""
    return {name: asdict(offer) for name, offer in offers.items()}


def read_offers(fields: object, largest_bytes: int) -> dict[str, Offer]:
    """Offers by file name, from plain fields that came from outside.

    Parameters
    ----------
    fields : as `write_offers` makes them
    largest_bytes : a file with more is refused before a byte of it comes

    Raises
    ------
    WireError
        If they are not formed so, a name may not travel, or a file is too large.
    """
    if not isinstance(fields, Mapping):
        raise WireError(f"offers are fields by file name, got {type(fields).__name__}")
    offers = {}
    for name, values in fields.items():
        if not isinstance(name, str) or not isinstance(values, Mapping) or set(values) != set(Offer.__annotations__):
            raise WireError(f"an offer has the fields {', '.join(Offer.__annotations__)}, got {values!r:.200}")
        offers[check_file_name(name)] = offer = Offer(**values)
        if offer.bytes > largest_bytes:
            raise WireError(f"file {name} is offered with {offer.bytes} bytes, at most {largest_bytes} are taken")
    return offers


class IncomingFile:
    """A file while it comes in: under another name until its length and SHA-256 are those of the offer.

    Parameters
    ----------
    path : its name once it is whole; an older file of that name is replaced
    offer : what was promised
    """

    def __init__(self, path: Path, offer: Offer) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self.offer = offer
        self._part = path.with_name(f".{path.name}.part")
        self._file = self._part.open("wb")
        self._hash = hashlib.sha256()
        self._left = offer.bytes

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; `WireError` if they are more than was promised."""
        self._left -= len(chunk)
        if self._left < 0:
            raise WireError(f"more bytes came than the {self.offer.bytes} that were offered")
        self._hash.update(chunk)
        self._file.write(chunk)

    def finish(self) -> None:
        """Give the file its name; `WireError`, and nothing left of it, if it is not what was offered."""
        self._file.close()
        if self._left or self._hash.hexdigest() != self.offer.sha256:
            self._part.unlink(missing_ok=True)
            raise WireError(f"the length or the SHA-256 of {self.path.name} is not what was offered")
        self._part.replace(self.path)

    def drop(self) -> None:
        """Leave nothing of a file that did not come whole."""
        self._file.close()
        self._part.unlink(missing_ok=True)
