"""Payloads of ring blocks in, their sum out: the server's whole knowledge of the ring encryption."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from pleura.errors import WireError
from pleura.federation.secure_sum.ring.addition import add, add_two
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, RING_DEGREE
from pleura.federation.secure_sum.sizes import sizes_of
from pleura.federation.secure_sum.terms import RoundTerms
from pleura.federation.secure_sum.wire import Form, Pieces

__all__ = ["BLOCKS_IN_PART", "RingAdder"]

BLOCKS_IN_PART = 4
"""A part is 3.1 MB."""

Words = npt.NDArray[np.uint32]


class RingAdder:
    """Adds ring blocks.

    Parameters
    ----------
    terms : of the round
    """

    def __init__(self, terms: RoundTerms) -> None:
        sizes = sizes_of(terms)
        self._lanes = sizes.parameters.blocks(sizes.slots)
        part_bytes = 4 * BLOCKS_IN_PART * LANES * RING_DEGREE * len(PRIMES)
        self.form = Form.of(sizes.parameters.digest, sizes.parameters.bytes(sizes.slots), part_bytes)

    def blocks(self, part: int, payload: memoryview) -> Iterator[tuple[Words, int]]:
        """Words of each block of a part, and its ring elements."""
        words = np.frombuffer(payload, "<u4")
        at = 0
        for lanes in self._lanes[part * BLOCKS_IN_PART : (part + 1) * BLOCKS_IN_PART]:
            size = lanes * RING_DEGREE * len(PRIMES)
            yield words[at : at + size], lanes
            at += size

    def check(self, part: int, payload: memoryview) -> None:
        """Refuse with `WireError` a word that is not below its prime."""
        for words, _ in self.blocks(part, payload):
            largest = words.reshape(len(PRIMES), -1).max(axis=1)
            for word, prime in zip(largest, PRIMES, strict=True):
                if word >= prime:
                    raise WireError(f"a word of part {part} is {word}, not below its prime {prime}; refuse the upload")

    def add_up(self, part: int, payloads: Iterable[memoryview]) -> Pieces:
        """Add modulo each prime, two payloads at a time: the work is reading and writing memory."""
        total = np.zeros(self.form.payload_bytes(part) // 4, np.uint32)
        rest = iter(payloads)
        for payload in rest:
            sums = self.blocks(part, total.data)
            other = next(rest, None)
            if other is None:
                for (to, lanes), (words, _) in zip(sums, self.blocks(part, payload), strict=True):
                    add(to, words, lanes)
                break
            pairs = zip(self.blocks(part, payload), self.blocks(part, other), strict=True)
            for (to, lanes), ((one, _), (two, _)) in zip(sums, pairs, strict=True):
                add_two(to, one, two, lanes)
        return [total.astype("<u4", copy=False).data]
