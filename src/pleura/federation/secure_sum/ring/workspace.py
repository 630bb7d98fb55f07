"""Working memory for the blocks, handed out again and again: what a thread needs for one block, 2.6 MB.

Fresh memory costs more than the encryption of what is put into it, since the system hands it out in small clean pages.
So it is kept for the next vector, as many pieces as were ever in use at one time, and wiped before it waits.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.expansion import BLOCK_WORDS, SPARE_WORDS
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES
from pleura.federation.secure_sum.ring.vectors import load, store

__all__ = ["Workspace", "borrowed", "narrow", "widen"]


class Workspace:
    """Arrays for one block; what is in them at first is of no meaning."""

    def __init__(self) -> None:
        self.uniform = np.empty(BLOCK_WORDS + SPARE_WORDS, np.uint32)
        self.masks = np.empty((len(PRIMES), BLOCK_WORDS), np.uint32)
        self.planes = np.empty(4 * BLOCK_WORDS, np.uint32)
        self.bits = np.empty(BLOCK_WORDS, np.uint64)

    def wipe(self) -> None:
        """Overwrite all that was secret."""
        for array in (self.uniform, self.masks, self.planes, self.bits):
            array.fill(0)


_idle: list[Workspace] = []


@contextmanager
def borrowed() -> Iterator[Workspace]:
    """Lend a workspace that nobody else has."""
    try:
        found = _idle.pop()
    except IndexError:
        found = Workspace()
    try:
        yield found
    finally:
        found.wipe()
        _idle.append(found)


@kernel
def spread_rows(x: NDArray[np.uint32], rows: int, lanes: int, kept: NDArray[np.uint32]) -> None:
    """Move rows of a few lanes apart, and keep of each what `kept` has all bits of."""
    mask, row = load(kept, np.uint64(0)), np.uint64(rows)
    while row > np.uint64(0):  # from the last row on, which goes farthest
        row -= np.uint64(1)
        store(x, row * np.uint64(LANES), load(x, row * np.uint64(lanes)) & mask)


@kernel
def narrow(x: NDArray[np.uint32], rows: int, lanes: int) -> None:
    """Make rows of 16 rows of their first lanes, in place; what follows them in x is of no meaning."""
    for row in range(np.uint64(rows)):  # what is written past a row's end is written again, or left for good
        store(x, np.uint64(row) * np.uint64(lanes), load(x, np.uint64(row) * np.uint64(LANES)))


def widen(x: NDArray[np.uint32], rows: int, lanes: int) -> None:
    """Make rows of a few lanes rows of 16, the rest 0, in place; x has room for all of them."""
    kept = np.where(np.arange(LANES) < lanes, np.uint32(0xFFFFFFFF), np.uint32(0))
    spread_rows(x, rows, lanes, kept)
