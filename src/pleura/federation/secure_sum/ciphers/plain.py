"""Slots in, the same slots out: no protection at all. What the other backends are measured and tested against."""

from collections.abc import Iterable, Iterator

import numpy as np

from pleura.federation.secure_sum.adders.words import WordsAdder
from pleura.federation.secure_sum.ciphers.cipher import WithoutAnswers
from pleura.federation.secure_sum.ciphers.keyring import Keyring
from pleura.federation.secure_sum.slots import SlotVector
from pleura.federation.secure_sum.sums import SlotSums
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet
from pleura.federation.secure_sum.wire import Pieces

__all__ = ["PlainCipher"]


class PlainCipher(WithoutAnswers):
    """Sends slots in the clear: the server reads every hospital's vector."""

    def __init__(self, terms: RoundTerms, place: int, keys: Keyring | None, *, threads: int) -> None:  # noqa: ARG002
        self.form = WordsAdder(terms).form

    def encrypt(self, vector: SlotVector) -> Iterator[Pieces]:
        """Give the slots as they are."""
        start = 0
        for part in range(self.form.parts):
            words = np.empty(self.form.payload_bytes(part) // 4, np.uint32)
            vector.fill(start, words)
            start += words.size
            yield [words.astype("<u4", copy=False).data]

    def decrypt(
        self,
        upload_set: UploadSet,  # noqa: ARG002
        payloads: Iterable[memoryview],
        answers: Iterable[bytes],  # noqa: ARG002
    ) -> Iterator[SlotSums]:
        """Give the sums as they are."""
        for payload in payloads:
            yield np.frombuffer(payload, "<u4")
