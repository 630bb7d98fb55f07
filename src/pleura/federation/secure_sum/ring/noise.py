"""Random bits of the operating system in, centred binomial noise out, never in a branch, an index or a division.

The noise of a coefficient is the number of ones among 21 bits less the number among 21 others. Since 21 less the ones
is the number of zeros, the noise that is sent, 21 larger, is one count over 42 bits of which the upper half is turned
over.
"""

import os

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel

__all__ = ["biased", "fresh_bits"]

_TURN = np.uint64(((1 << 21) - 1) << 21)
_USED = np.uint64((1 << 42) - 1)


@kernel
def ones(x: np.uint64) -> np.uint64:
    """Count the ones of 64 bits, in sums of ever wider fields."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.uint64(x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@kernel
def biased(bits: np.uint64) -> np.uint64:
    """Noise of one coefficient, 0 to 42, from the lower 42 of 64 random bits."""
    return ones((bits ^ _TURN) & _USED)


def fresh_bits(count: int) -> NDArray[np.uint64]:
    """64 bits of the operating system's generator for each of `count` coefficients."""
    return np.frombuffer(os.urandom(8 * count), np.uint64)
