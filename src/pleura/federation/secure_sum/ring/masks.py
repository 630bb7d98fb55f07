"""The terms of a round and a transformed secret in, what hides the messages of a block out: a s, without its noise.

One kernel multiplies and takes the first steps of the inverse transform while the rows are in the fastest cache; two
further passes finish the transform.
"""

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.expansion import BlockWords
from pleura.federation.secure_sum.ring.modulus import LANES, row_product
from pleura.federation.secure_sum.ring.transform import inverse_pass, inverse_sixteen, tables
from pleura.federation.secure_sum.ring.vectors import load, spread, store

__all__ = ["Masks", "product_with_secret"]

_ROWS = np.uint64(16)


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
    words : uint32 (65536,) in [0, p), public
    secret, secret_companion : uint32 (4096,), see `secret.transformed`
    inverses, inverses_companion, prime : see `transform.Tables`
    out : uint32 (65536,), written: the products' coefficients, in [0, p)
    """
    p = spread(prime)
    lanes, size = np.uint64(LANES), np.uint64(LANES) * _ROWS
    groups = np.uint64(secret.size) // _ROWS
    for g in range(groups):
        start = np.uint64(g) * size
        for j in range(np.uint64(g) * _ROWS, np.uint64(g) * _ROWS + _ROWS):
            w, w_companion = spread(secret[j]), spread(secret_companion[j])
            i = np.uint64(j) * lanes
            store(out, i, row_product(load(words, i), w, w_companion, p))
        inverse_sixteen(out, start, lanes, groups + np.uint64(g), inverses, inverses_companion, p)
    inverse_pass(out, np.uint64(16), inverses, inverses_companion, p)
    inverse_pass(out, np.uint64(256), inverses, inverses_companion, p)


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
