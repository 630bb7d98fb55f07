"""What every backend's adder takes and gives: payloads of one part in, the payload of their sum out."""

from collections.abc import Iterable
from typing import Protocol

from pleura.federation.secure_sum.wire import Form, Pieces

__all__ = ["Adder"]


class Adder(Protocol):
    """The server's side of a backend; it holds no key."""

    @property
    def form(self) -> Form:
        """How a vector is cut into parts."""
        ...

    def check(self, part: int, payload: memoryview) -> None:
        """Refuse with `WireError` a payload, of the right length, that no honest hospital sends."""
        ...

    def add_up(self, part: int, payloads: Iterable[memoryview]) -> Pieces:
        """Add the payloads of one part, each of another hospital; errors as for `check`."""
        ...
