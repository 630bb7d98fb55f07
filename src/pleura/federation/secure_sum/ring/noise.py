"""Random bits in, centred binomial noise out, never in a branch, an index or a division.

The noise of a coefficient is the number of ones among 21 bits less the number among 21 others. Since 21 less the ones
is the number of zeros, the noise that is sent, 21 larger, is one count over 42 bits of which the upper half is turned
over.
"""

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import inlined, kernel
from pleura.federation.secure_sum.ring.parameters import NOISE_BITS
from pleura.federation.secure_sum.ring.vectors import Half, halves, ones, spread, store, woven

__all__ = ["biased", "half_biased"]

_TURN = np.uint64(((1 << NOISE_BITS) - 1) << NOISE_BITS)
_USED = np.uint64((1 << (2 * NOISE_BITS)) - 1)


@inlined
def half_biased(bits: Half) -> Half:
    """Noise of eight coefficients, 0 to 42, from the lower 42 of 64 random bits each."""
    return ones((bits ^ spread(_TURN)) & spread(_USED))


@kernel
def biased(bits: NDArray[np.uint64], out: NDArray[np.uint32]) -> None:
    """Noise of many coefficients, a multiple of 16: 0 to 42, that is 21 more than the centred noise."""
    for i in range(np.uint64(0), np.uint64(out.size), np.uint64(16)):
        evens, odds = halves(bits, i)
        store(out, i, woven(half_biased(evens), half_biased(odds)))
