"""A public hash and a block's number in, the uniform ring elements of the block out, times a transformed secret.

Every hospital expands the same elements from the terms of the round. They are uniform in the transform's domain, where
the product with the secret is taken, so that they are never transformed themselves.
"""

from collections.abc import Iterator
from hashlib import sha256

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, RING_DEGREE, product

__all__ = ["SPARE_WORDS", "BlockWords", "keystream", "multiply_uniform", "stand_ins"]

BLOCK_WORDS = RING_DEGREE * LANES

SPARE_WORDS = 512
"""Words kept to stand in for rejected ones; about six are needed, and more are made should these not suffice."""

_MASK = np.uint32(0x7FFFFFFF)
_CHUNK = 1024
_ZEROS = bytes(4 * (BLOCK_WORDS + SPARE_WORDS))


def keystream(key: bytes, counter: int, out: NDArray[np.uint32] | NDArray[np.uint64]) -> None:
    """Write the keystream of AES-256-CTR from a 128-bit counter on into an array, little-endian."""
    encryptor = Cipher(algorithms.AES(key), modes.CTR(counter.to_bytes(16, "big"))).encryptor()
    view = memoryview(out.view(np.uint8))
    zeros = memoryview(_ZEROS)
    for start in range(0, len(view), len(zeros)):
        part = view[start : start + len(zeros)]
        encryptor.update_into(zeros[: len(part)], part)


@kernel
def stand_ins(words: NDArray[np.uint32], count: int, p: np.uint32) -> bool:
    """Take 31 bits of each of the first `count` words, and replace those not below p by the next spare ones that are.

    In place. The words are public. False if the spare words after the first `count` do not suffice.
    """
    spare = count
    for start in range(0, count, _CHUNK):
        stop = min(start + _CHUNK, count)
        largest = np.uint32(0)
        for i in range(start, stop):
            words[i] &= _MASK
            largest = max(largest, words[i])
        if largest < p:
            continue
        for i in range(start, stop):
            while words[i] >= p:
                if spare == words.size:
                    return False
                words[i] = words[spare] & _MASK
                spare += 1
    return True


@kernel
def multiply_uniform(
    words: NDArray[np.uint32],
    secret: NDArray[np.uint32],
    secret_companion: NDArray[np.uint32],
    p: np.uint32,
    out: NDArray[np.uint32],
) -> None:
    """Multiply each row of 16 words with one word of the transformed secret, modulo p."""
    for j in range(secret.size):
        w, w_companion = secret[j], secret_companion[j]
        for i in range(j * LANES, j * LANES + LANES):
            out[i] = product(words[i], w, w_companion, p)


class BlockWords:
    """Uniform words of a round's blocks, of one prime after another, in a buffer that is used again."""

    def __init__(self, terms_digest: bytes) -> None:
        self._key = sha256(b"pleura ring a 1" + terms_digest).digest()
        self._words = np.empty(BLOCK_WORDS + SPARE_WORDS, np.uint32)

    def primes(self, block: int) -> Iterator[NDArray[np.uint32]]:
        """Uniform words below p, uint32 (65536,), for each prime in turn; a view that the next one overwrites."""
        for k, p in enumerate(PRIMES):
            counter = (len(PRIMES) * block + k) << 64
            keystream(self._key, counter, self._words)
            while not stand_ins(self._words, BLOCK_WORDS, np.uint32(p)):
                self._words = np.empty(2 * self._words.size, np.uint32)
                keystream(self._key, counter, self._words)
            yield self._words[:BLOCK_WORDS]
