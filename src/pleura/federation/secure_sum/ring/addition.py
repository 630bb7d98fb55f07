"""A sum and one or two blocks of ciphertext in, the sum with them out: what the server does, and all that it can do."""

import numpy as np
from numpy.typing import NDArray

from pleura.errors import WireError
from pleura.federation.secure_sum.ring.compiled import kernel, read_only
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, RING_DEGREE, row_difference, row_total
from pleura.federation.secure_sum.ring.vectors import exceeds, greatest, load, spread, store

__all__ = ["add", "add_two"]

_NO_CIPHERTEXT = "a word of an upload is not below its prime, so it is no ciphertext; refuse the upload"


@kernel
def _add(x: NDArray[np.uint32], y: NDArray[np.uint32], primes: NDArray[np.uint32]) -> bool:
    """Add y to x modulo the primes, whose words are a third each; whether all words of y were below their prime."""
    below = True
    third = np.uint64(x.size) // np.uint64(3)
    for k in range(3):
        p = spread(primes[k])
        largest = spread(np.uint32(0))
        start = np.uint64(k) * third
        for i in range(start, start + third, np.uint64(LANES)):
            words = load(y, i)
            largest = greatest(largest, words)
            store(x, i, row_total(load(x, i), words, p))
        below &= not exceeds(largest, p)
    return below


@kernel
def _add_two(x: NDArray[np.uint32], y: NDArray[np.uint32], z: NDArray[np.uint32], primes: NDArray[np.uint32]) -> bool:
    """Add y + z to x, as `_add` does."""
    below = True
    third = np.uint64(x.size) // np.uint64(3)
    for k in range(3):
        p = spread(primes[k])
        largest = spread(np.uint32(0))
        start = np.uint64(k) * third
        for i in range(start, start + third, np.uint64(LANES)):
            one, other = load(y, i), load(z, i)
            largest = greatest(largest, greatest(one, other))
            store(x, i, row_total(load(x, i), row_total(one, other, p), p))
        below &= not exceeds(largest, p)
    return below


@kernel
def _take_back(x: NDArray[np.uint32], y: NDArray[np.uint32], primes: NDArray[np.uint32]) -> None:
    """Undo an addition, also one of words that were not below their prime: one value of x leads to each sum."""
    third = np.uint64(x.size) // np.uint64(3)
    for k in range(3):
        p = spread(primes[k])
        start = np.uint64(k) * third
        for i in range(start, start + third, np.uint64(LANES)):
            store(x, i, row_difference(load(x, i), load(y, i), p))


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
    _check(total_words, words, lanes)
    primes = np.array(PRIMES, np.uint32)
    if not _add(total_words, read_only(words), primes):
        _take_back(total_words, read_only(words), primes)
        raise WireError(_NO_CIPHERTEXT)


def add_two(total_words: NDArray[np.uint32], first: NDArray[np.uint32], second: NDArray[np.uint32], lanes: int) -> None:
    """Add two blocks to the sum, in place, reading and writing the sum once; parameters and errors as for `add`."""
    _check(total_words, first, lanes)
    _check(total_words, second, lanes)
    primes = np.array(PRIMES, np.uint32)
    if not _add_two(total_words, read_only(first), read_only(second), primes):
        both = first.copy()
        _add(both, read_only(second), primes)
        _take_back(total_words, read_only(both), primes)
        raise WireError(_NO_CIPHERTEXT)


def _check(total_words: NDArray[np.uint32], words: NDArray[np.uint32], lanes: int) -> None:
    """Refuse a block that has not the form of one."""
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
