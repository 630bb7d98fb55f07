"""What every cipher takes and gives: a hospital's slots in, payloads out; the sum's payloads in, its slots out."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from pleura.federation.secure_sum.slots import SlotVector
from pleura.federation.secure_sum.sums import SlotSums
from pleura.federation.secure_sum.terms import UploadSet
from pleura.federation.secure_sum.wire import Form, Pieces

__all__ = ["Cipher", "WithoutAnswers"]


class Cipher(Protocol):
    """One hospital's side of a backend, for one attempt of one round."""

    @property
    def form(self) -> Form:
        """How a vector is cut into parts."""
        ...

    def encrypt(self, vector: SlotVector) -> Iterator[Pieces]:
        """Make the payloads of all parts, first to last."""
        ...

    def share_message(self) -> bytes:
        """Give what the other hospitals need to open a sum; empty where they need nothing."""
        ...

    def answer(self, upload_set: UploadSet, share_messages: Mapping[int, bytes]) -> bytes:
        """Answer for one upload set; empty where no answer is needed."""
        ...

    def decrypt(
        self, upload_set: UploadSet, payloads: Iterable[memoryview], answers: Iterable[bytes]
    ) -> Iterator[SlotSums]:
        """Open the payloads of the sum, first to last, into summed slots in the vector's order."""
        ...


class WithoutAnswers:
    """What the ciphers share whose sum opens without a word of the other hospitals."""

    def share_message(self) -> bytes:
        """Give nothing: no other hospital keeps a share."""
        return b""

    def answer(self, upload_set: UploadSet, share_messages: Mapping[int, bytes]) -> bytes:  # noqa: ARG002
        """Give nothing: no answer opens the sum."""
        return b""
