"""The key of the check in, the two keys of each ring element's polynomial hash out.

The tag of a ring element with messages m_0 .. m_4094 is the sum of m_j r^(4095-j) modulo a prime, for two primes with a
key each. It is linear in the messages, so that the tags of several hospitals add up to the tag of their sum; whoever
does not know the keys changes a sum unseen with probability at most (4095 / p)^2, about 2^-38.
"""

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.expansion import keystream
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, companion, companions

__all__ = ["HashKeys"]

_WORDS = 16
"""Keystream words for one ring element: two are needed, and each is refused with probability below 2^-13."""

_MASK = np.uint32(0x7FFFFFFF)


@kernel
def _accepted(words: NDArray[np.uint32], p0: np.uint32, p1: np.uint32, lane: int, keys: NDArray[np.uint32]) -> bool:
    """Write the first word below p0, and the next one below p1; False if the words do not suffice."""
    i = 0
    while i < words.size and words[i] & _MASK >= p0:
        i += 1
    j = i + 1
    while j < words.size and words[j] & _MASK >= p1:
        j += 1
    if j >= words.size:
        return False
    keys[0, lane], keys[2, lane] = words[i] & _MASK, words[j] & _MASK
    return True


@kernel
def _with_companions(keys: NDArray[np.uint32], primes: NDArray[np.uint32], wraps: NDArray[np.uint32]) -> None:
    """Complete keys by their companions; `wraps` holds 2^32 mod p, its companion and 1/p mod 2^32 of both primes."""
    for lane in range(keys.shape[1]):
        for k in range(2):
            keys[2 * k + 1, lane] = companion(keys[2 * k, lane], wraps[k, 0], wraps[k, 1], primes[k], wraps[k, 2])


class HashKeys:
    """Hash keys of a round's ring elements; secret from the server."""

    def __init__(self, check_key: bytes) -> None:
        self._key = sha256(b"pleura ring check 1" + check_key).digest()

    def of(self, block: int) -> NDArray[np.uint32]:
        """Keys of a block's 16 ring elements, (4, 16): modulo prime 0, companion, modulo prime 1, companion."""
        keys = np.empty((4, LANES), np.uint32)
        for lane in range(LANES):
            words = np.empty(_WORDS, np.uint32)
            keystream(self._key, (block * LANES + lane) << 64, words)
            while not _accepted(words, np.uint32(PRIMES[0]), np.uint32(PRIMES[1]), lane, keys):
                words = np.empty(2 * words.size, np.uint32)
                keystream(self._key, (block * LANES + lane) << 64, words)
        _with_companions(keys, np.array(PRIMES[:2], np.uint32), _wraps())
        return keys


def _wraps() -> NDArray[np.uint32]:
    """Give 2^32 mod p, its companion and 1/p mod 2^32, of the first two primes."""
    wraps = [2**32 % p for p in PRIMES[:2]]
    rows = [(w, companions([w], p)[0], pow(p, -1, 2**32)) for w, p in zip(wraps, PRIMES[:2], strict=True)]
    return np.array(rows, np.uint32)
