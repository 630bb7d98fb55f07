"""The key of the check in, the keys of each ring element's two hashes out.

The tag of a ring element is the sum over its data coefficients j of (f_0 slot_0 + f_1 slot_1 + ..) r^(4095-j), modulo
a prime, for two primes with r and factors f of their own. It is linear in the slots, so that the tags of several
hospitals add up to the tag of their sum; whoever does not know the keys changes a sum unseen with probability at most
(4096 / p)^2, about 2^-38. It is the slots that are hashed: a whole message is larger than both primes together, and
could be changed by a multiple of their product.
"""

from hashlib import sha256

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, companion, companions

__all__ = ["HashKeys"]

_MASK = np.uint32(0x7FFFFFFF)
_WORDS = 32
"""Keystream words for one ring element: up to ten are needed, and each is refused with probability below 2^-13."""


@kernel
def take_keys(words: NDArray[np.uint32], primes: NDArray[np.uint32], keys: NDArray[np.uint32]) -> bool:
    """Write the keys of each ring element from its row of words; False if the words of a row do not suffice.

    In turn the next word below prime 0 and the next one below prime 1 are taken. A refused word says nothing of those.
    """
    for lane in range(keys.shape[1]):
        i = 0
        for n in range(keys.shape[0] - 2):
            k = n & 1
            while i < words.shape[1] and words[lane, i] & _MASK >= primes[k]:
                i += 1
            if i == words.shape[1]:
                return False
            keys[2 * n if n < 2 else n + 2, lane] = words[lane, i] & _MASK
            i += 1
    return True


@kernel
def add_companions(keys: NDArray[np.uint32], primes: NDArray[np.uint32], wraps: NDArray[np.uint32]) -> None:
    """Complete each r by its companion; `wraps` holds 2^32 mod p, its companion and 1/p mod 2^32 of both primes."""
    for lane in range(keys.shape[1]):
        for k in range(2):
            keys[2 * k + 1, lane] = companion(keys[2 * k, lane], wraps[k, 0], wraps[k, 1], primes[k], wraps[k, 2])


class HashKeys:
    """Hash keys of a round's ring elements, for one thread; secret from the server."""

    def __init__(self, check_key: bytes, values_per_coefficient: int) -> None:
        key = sha256(b"pleura ring check 1" + check_key).digest()
        self._cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - of counters, it is CTR
        self._rows = 4 + 2 * values_per_coefficient
        wraps = [2**32 % p for p in PRIMES[:2]]
        rows = [(w, companions([w], p)[0], pow(p, -1, 2**32)) for w, p in zip(wraps, PRIMES[:2], strict=True)]
        self._wraps = np.array(rows, np.uint32)
        self._primes = np.array(PRIMES[:2], np.uint32)

    def of(self, block: int) -> NDArray[np.uint32]:
        """Keys of a block's 16 ring elements, uint32 ((4 + 2 v) * 16,).

        Rows of 16: r modulo prime 0, its companion, the same modulo prime 1; then, for each of the v slots of a
        coefficient, its factor modulo prime 0 and that modulo prime 1.
        """
        keys = np.empty((self._rows, LANES), np.uint32)
        count = _WORDS
        while not take_keys(self._words(block, count), self._primes, keys):
            count *= 2
        add_companions(keys, self._primes, self._wraps)
        return keys.reshape(-1)

    def _words(self, block: int, count: int) -> NDArray[np.uint32]:
        """Give the first words of the streams of a block's ring elements, (16, count)."""
        counters = np.empty((LANES, count // 4, 2), ">u8")
        counters[:, :, 0] = np.arange(block * LANES, (block + 1) * LANES)[:, None]
        counters[:, :, 1] = np.arange(count // 4)
        return np.frombuffer(self._cipher.update(counters.tobytes()), np.uint32).reshape(LANES, count)
