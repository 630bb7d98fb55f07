"""The terms of a round and a transformed secret in, what hides the messages of a block out: a s, without its noise.

The rows are multiplied and go through the first eight steps of the inverse transform while they are in the fastest
cache; one further pass over the memory finishes it.
"""

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.expansion import BlockWords
from pleura.federation.secure_sum.ring.modulus import LANES, row_product
from pleura.federation.secure_sum.ring.transform import STRETCH, inverse_last, inverse_stretch, tables
from pleura.federation.secure_sum.ring.vectors import load, spread, store

__all__ = ["Masks", "product_with_secret"]


@kernel
def product_with_secret(
    words: NDArray[np.uint32],
    secret: NDArray[np.uint32],
    secret_companion: NDArray[np.uint32],
    inverses: NDArray[np.uint32],
    inverses_companion: NDArray[np.uint32],
    prime: np.uint32,
    out: NDArray[np.uint32],
) -> None:
    """Multiply 16 uniform ring elements by a secret.

    Parameters
    ----------
    words : uint32 (65536,) in [0, p), public at first; overwritten by what is between
    secret, secret_companion : uint32 (4096,), see `secret.transformed`
    inverses, inverses_companion, prime : see `transform.Tables`
    out : uint32 (65536,), written: the products' coefficients, in [0, p)
    """
    p = spread(prime)
    for stretch in range(np.uint64(secret.size // STRETCH)):
        first = np.uint64(stretch) * np.uint64(STRETCH)
        for j in range(first, first + np.uint64(STRETCH)):
            i = np.uint64(j) * np.uint64(LANES)
            w, w_companion = spread(secret[j]), spread(secret_companion[j])
            store(words, i, row_product(load(words, i), w, w_companion, p))
        inverse_stretch(words, np.uint64(stretch), inverses, inverses_companion, p)
    inverse_last(words, out, inverses, inverses_companion, p)


class Masks:
    """A s for the blocks of one round, for one thread."""

    def __init__(self, terms_digest: bytes, secret: NDArray[np.uint32], buffer: NDArray[np.uint32]) -> None:
        self._uniform = BlockWords(terms_digest, buffer)
        self._secret = secret

    def write(self, block: int, out: NDArray[np.uint32]) -> None:
        """Write a s of one block into uint32 (3, 65536)."""
        for k, (words, table) in enumerate(zip(self._uniform.primes(block), tables(), strict=True)):
            key, key_companion = self._secret[k]
            product_with_secret(words, key, key_companion, table.inverses, table.inverses_companion, table.p, out[k])
