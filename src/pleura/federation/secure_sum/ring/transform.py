"""Coefficients of ring elements in, their values at the odd powers of a root of unity out, and back: exact, modulo p.

Both directions work in place on words j * lanes + lane, so that the lanes of a block, ring elements side by side, go
through the same steps at once. The forward transform takes natural order and leaves bit-reversed order; the inverse
takes it back, and leaves out the factor 1/4096, which the caller puts into something that is multiplied anyway.
Products of transforms are products modulo X^4096 + 1.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.modulus import (
    LANES,
    PRIMES,
    RING_DEGREE,
    ROOTS,
    companions,
    difference,
    product,
    total,
)

__all__ = ["Tables", "forward", "inverse_lanes", "tables"]


@dataclass(frozen=True)
class Tables:
    """Factors of both directions modulo one prime; each uint32 (4096,), with companions."""

    p: np.uint32
    roots: NDArray[np.uint32]
    """psi^(bit reversal of i) at i."""
    roots_companion: NDArray[np.uint32]
    inverses: NDArray[np.uint32]
    """psi^-(bit reversal of i) at i."""
    inverses_companion: NDArray[np.uint32]


@lru_cache(maxsize=1)
def tables() -> tuple[Tables, ...]:
    """Tables of the three primes."""
    bits = RING_DEGREE.bit_length() - 1
    reversal = [int(format(i, f"0{bits}b")[::-1], 2) for i in range(RING_DEGREE)]
    found = []
    for p, psi in zip(PRIMES, ROOTS, strict=True):
        columns = []
        for base in (psi, pow(psi, -1, p)):
            powers = [1]
            while len(powers) < RING_DEGREE:
                powers.append(powers[-1] * base % p)
            shuffled = [powers[i] for i in reversal]
            columns += [np.array(shuffled, np.uint32), companions(shuffled, p)]
        for column in columns:
            column.flags.writeable = False
        found.append(Tables(np.uint32(p), *columns))
    return tuple(found)


@kernel
def forward(
    x: NDArray[np.uint32], roots: NDArray[np.uint32], roots_companion: NDArray[np.uint32], p: np.uint32
) -> None:
    """Transform one ring element, uint32 (4096,) in [0, p), in place: natural order to bit-reversed order."""
    half = x.size >> 1
    groups = 1
    while half >= 1:
        for g in range(groups):
            w, w_companion = roots[groups + g], roots_companion[groups + g]
            start = 2 * g * half
            for j in range(start, start + half):
                u, v = x[j], product(x[j + half], w, w_companion, p)
                x[j], x[j + half] = total(u, v, p), difference(u, v, p)
        half >>= 1
        groups <<= 1


@kernel
def inverse_lanes(
    x: NDArray[np.uint32], inverses: NDArray[np.uint32], inverses_companion: NDArray[np.uint32], p: np.uint32
) -> None:
    """Transform 16 ring elements, uint32 (4096 * 16,) in [0, p), in place: bit-reversed order to natural order.

    The result is 4096 times the inverse.
    """
    rows = x.size // LANES
    half = 1
    groups = rows >> 1
    while groups >= 1:
        for g in range(groups):
            w, w_companion = inverses[groups + g], inverses_companion[groups + g]
            start = 2 * g * half * LANES
            for j in range(start, start + half * LANES):
                u, v = x[j], x[j + half * LANES]
                x[j] = total(u, v, p)
                x[j + half * LANES] = product(np.uint32(u - v + p), w, w_companion, p)
        half <<= 1
        groups >>= 1
