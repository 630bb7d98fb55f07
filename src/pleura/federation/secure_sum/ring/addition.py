"""Two blocks of ciphertext in, their sum in the first: what the server does, and all that it can do."""

import numpy as np
from numpy.typing import NDArray

from pleura.errors import WireError
from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, RING_DEGREE, difference, total

__all__ = ["add"]

_CHUNK = 4096
"""Words that are looked at, then added, while they are in the fastest cache."""


@kernel
def _add(x: NDArray[np.uint32], y: NDArray[np.uint32], p: np.uint32) -> int:
    """Add y to x modulo p; the number of words of y that were added before one was found that is not below p."""
    for start in range(0, x.size, _CHUNK):
        stop = min(start + _CHUNK, x.size)
        largest = np.uint32(0)
        for i in range(start, stop):
            largest = max(largest, y[i])
        if largest >= p:
            return start
        for i in range(start, stop):
            x[i] = total(x[i], y[i], p)
    return int(x.size)


@kernel
def _take_back(x: NDArray[np.uint32], y: NDArray[np.uint32], p: np.uint32) -> None:
    """Subtract y from x modulo p."""
    for i in range(x.size):
        x[i] = difference(x[i], y[i], p)


def add(total_words: NDArray[np.uint32], words: NDArray[np.uint32], lanes: int) -> None:
    """Add a block to the sum, in place.

    Parameters
    ----------
    total_words, words : uint32 (3 * 4096 * lanes,); word (k * 4096 + j) * lanes + lane is coefficient j of ring element
        `lane` modulo prime k
    lanes : ring elements of the block, 1 to 16

    Raises
    ------
    WireError
        If the block has another size, or one of its words is not below its prime; the sum is then left as it was.
    """
    if not 1 <= lanes <= LANES:
        raise WireError(f"a block has 1 to {LANES} ring elements, got {lanes}")
    width = RING_DEGREE * lanes
    if words.shape != (len(PRIMES) * width,) or words.dtype != np.uint32:
        raise WireError(
            f"a block of {lanes} ring elements has {len(PRIMES) * width} words of 32 bits, "
            f"got {words.dtype} of shape {words.shape}"
        )
    if total_words.shape != words.shape or total_words.dtype != np.uint32:
        raise WireError(f"a block of {words.size} words does not fit a sum of {total_words.size}")
    for k, p in enumerate(PRIMES):
        part = slice(k * width, (k + 1) * width)
        added = _add(total_words[part], words[part], np.uint32(p))
        if added < width:
            for before in range(k):
                done = slice(before * width, (before + 1) * width)
                _take_back(total_words[done], words[done], np.uint32(PRIMES[before]))
            begun = slice(k * width, k * width + added)
            _take_back(total_words[begun], words[begun], np.uint32(p))
            raise WireError(
                f"a word of an upload is not below its prime {p}, so it is no ciphertext; refuse the upload"
            )
