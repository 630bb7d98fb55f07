"""Nothing but the operating system's randomness in, the secret of one hospital for one round out: good for one use."""

import os
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pleura.errors import SecureSumError
from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.modulus import PRIMES, RING_DEGREE, companion, companions, product
from pleura.federation.secure_sum.ring.noise import biased
from pleura.federation.secure_sum.ring.parameters import NOISE_BITS
from pleura.federation.secure_sum.ring.transform import forward, tables

__all__ = ["RoundSecret", "transformed"]


class RoundSecret:
    """The secret ring element of one hospital in one round, in memory only.

    Two encryptions under one secret would give away the difference of their messages, so that it lets itself be used
    once. It is wiped when its shares are dealt.
    """

    def __init__(self, coefficients: NDArray[np.int8]) -> None:
        self._coefficients = coefficients
        self._used = False
        self._wiped = False

    @classmethod
    def fresh(cls) -> Self:
        """Draw a secret: 4096 centred binomial numbers, -21 to 21."""
        counts = np.empty(RING_DEGREE, np.uint32)
        biased(np.frombuffer(os.urandom(8 * RING_DEGREE), np.uint64), counts)
        return cls(counts.astype(np.int8) - np.int8(NOISE_BITS))

    @property
    def coefficients(self) -> NDArray[np.int8]:
        """Int8 (4096,), -21 to 21, the coefficient of X^j at j.

        Raises
        ------
        SecureSumError
            If the secret has been wiped.
        """
        if self._wiped:
            raise SecureSumError("this round's secret has been wiped; a new attempt needs a fresh one")
        return self._coefficients

    def spend(self) -> NDArray[np.int8]:
        """Give the coefficients to the one encryption that may have them.

        Raises
        ------
        SecureSumError
            If an encryption has had them, or they have been wiped.
        """
        if self._used:
            raise SecureSumError(
                "this round's secret has been used; a second encryption under it would give messages away. "
                "Draw a fresh one"
            )
        coefficients = self.coefficients
        self._used = True
        return coefficients

    def wipe(self) -> None:
        """Overwrite the coefficients with zeros; the secret is of no use afterwards."""
        self._coefficients[:] = 0
        self._wiped = True


@kernel
def below(coefficients: NDArray[np.int32], p: np.uint32, out: NDArray[np.uint32]) -> None:
    """Give signed numbers modulo p: p is added where the sign bit is set, by masking."""
    for i in range(out.size):
        c = coefficients[i]
        out[i] = np.uint32(c) + (np.uint32(c >> np.int32(31)) & p)


@kernel
def scaled(x: NDArray[np.uint32], scale: NDArray[np.uint32], p: np.uint32, x_companion: NDArray[np.uint32]) -> None:
    """Multiply by 1/4096, and give companions; `scale`: 1/4096 and 2^32, companions after each, 1/p mod 2^32."""
    for i in range(x.size):
        x[i] = product(x[i], scale[0], scale[1], p)
        x_companion[i] = companion(x[i], scale[2], scale[3], p, scale[4])


def transformed(coefficients: NDArray[np.int32]) -> NDArray[np.uint32]:
    """Transform a secret, or a sum of secrets, for its products with the uniform ring elements.

    Returns
    -------
    uint32 (3, 2, 4096): for each prime the transform over 4096, which the inverse transform leaves out, and companions
    """
    out = np.empty((len(PRIMES), 2, RING_DEGREE), np.uint32)
    for k, table in enumerate(tables()):
        p = PRIMES[k]
        factors = [pow(RING_DEGREE, -1, p), 2**32 % p]
        first, second = companions(factors, p)
        scale = np.array([factors[0], first, factors[1], second, pow(p, -1, 2**32)], np.uint32)
        below(coefficients, table.p, out[k, 0])
        forward(out[k, 0], table.roots, table.roots_companion, table.p)
        scaled(out[k, 0], scale, table.p, out[k, 1])
    return out
