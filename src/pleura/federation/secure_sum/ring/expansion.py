"""A public hash and a block's number in, the uniform ring elements of the block out as words below their primes.

Every hospital expands the same elements from the terms of the round. They are uniform in the transform's domain, where
the product with the secret is taken, so that they are never transformed themselves.
"""

from collections.abc import Iterator
from hashlib import sha256

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, RING_DEGREE
from pleura.federation.secure_sum.ring.vectors import exceeds, greatest, load, spread, store

__all__ = ["BLOCK_WORDS", "SPARE_WORDS", "BlockWords", "Keystream", "accept"]

BLOCK_WORDS = RING_DEGREE * LANES
"""Words of a block modulo one prime."""

SPARE_WORDS = 128
"""Words kept to stand in for rejected ones: some five are needed, and more are made should these not suffice."""

_MASK = np.uint32(0x7FFFFFFF)
_STRETCH = np.uint64(256)

_ZEROS = bytes(8 * BLOCK_WORDS)


class Keystream:
    """The keystream of AES-256-CTR under one key, from any counter on."""

    def __init__(self, key: bytes) -> None:
        self._encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()

    def write(self, counter: int, out: NDArray[np.uint32] | NDArray[np.uint64]) -> None:
        """Write little-endian words from a 128-bit counter on."""
        self._encryptor.reset_nonce(counter.to_bytes(16, "big"))
        view = out.view(np.uint8).data
        zeros = memoryview(_ZEROS)
        for start in range(0, len(view), len(zeros)):
            part = view[start : start + len(zeros)]
            self._encryptor.update_into(zeros[: len(part)], part)


@kernel
def accept(words: NDArray[np.uint32], count: int, prime: np.uint32) -> bool:
    """Take 31 bits of each of the first `count` words, a multiple of 256, and let spare ones stand in for those >= p.

    In place. The words that follow the first `count` are the spare ones, taken in their order if they are below p.
    Words and prime are public. False if they do not suffice.
    """
    p, mask = spread(prime), spread(_MASK)
    spare = count
    for start in range(np.uint64(0), np.uint64(count), _STRETCH):
        largest = spread(np.uint32(0))
        for i in range(start, start + _STRETCH, np.uint64(LANES)):
            row = load(words, i) & mask
            largest = greatest(largest, row)
            store(words, i, row)
        if exceeds(largest, p):
            for i in range(start, start + _STRETCH):
                while words[i] >= prime:
                    if spare == words.size:
                        return False
                    words[i] = words[spare] & _MASK
                    spare += 1
    return True


class BlockWords:
    """Uniform words of a round's blocks, of one prime after another, in a buffer that is used again."""

    def __init__(self, terms_digest: bytes, buffer: NDArray[np.uint32] | None = None) -> None:
        self._stream = Keystream(sha256(b"pleura ring a 1" + terms_digest).digest())
        self._words = np.empty(BLOCK_WORDS + SPARE_WORDS, np.uint32) if buffer is None else buffer

    def primes(self, block: int) -> Iterator[NDArray[np.uint32]]:
        """Uniform words below p, uint32 (65536,), for each prime in turn; a view that the next one overwrites."""
        for k, p in enumerate(PRIMES):
            counter = (len(PRIMES) * block + k) << 64
            self._stream.write(counter, self._words)
            while not accept(self._words, BLOCK_WORDS, np.uint32(p)):
                self._words = np.empty(2 * self._words.size, np.uint32)
                self._stream.write(counter, self._words)
            yield self._words[:BLOCK_WORDS]
