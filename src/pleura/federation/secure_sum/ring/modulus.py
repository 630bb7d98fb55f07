"""The modulus q = p0 p1 p2 and arithmetic modulo one of its primes: 32-bit words in, 32-bit words out, no division.

Every prime is just below 2^31, so that a sum of two residues fits in 32 bits, and 1 modulo 8192, so that Z_p has the
8192-th roots of unity that the transform of X^4096 + 1 needs.

A product by a fixed factor w goes through its companion, floor(2^32 w / p): the upper half of x times the companion
is the quotient of x w by p, or one less. See Harvey (2014), J. Symb. Comput. 60, 113-119, for the method.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import inlined
from pleura.federation.secure_sum.ring.vectors import Row, least, upper

__all__ = [
    "LANES",
    "MODULUS",
    "PRIMES",
    "RING_DEGREE",
    "ROOTS",
    "companion",
    "companions",
    "difference",
    "product",
    "row_difference",
    "row_product",
    "row_total",
    "total",
]

RING_DEGREE = 4096
"""Coefficients of a ring element."""

LANES = 16
"""Ring elements of a whole block, side by side: word j * 16 + lane is coefficient j of ring element `lane`."""

PRIMES = (2147377153, 2147352577, 2147295233)
"""The three largest primes below 2^31 that are 1 modulo 8192, descending."""

ROOTS = (53116, 1689795, 872006)
"""The smallest primitive 8192-th root of unity modulo each prime."""

MODULUS = PRIMES[0] * PRIMES[1] * PRIMES[2]

_HALF = np.uint64(32)


@inlined
def product(x: np.uint32, w: np.uint32, w_companion: np.uint32, p: np.uint32) -> np.uint32:
    """Give x w mod p, in [0, p), for any 32-bit x and for w in [0, p)."""
    quotient = np.uint32((np.uint64(x) * np.uint64(w_companion)) >> _HALF)
    r = np.uint32(np.uint32(x * w) - np.uint32(quotient * p))  # in [0, 2p)
    return min(r, np.uint32(r - p))


@inlined
def total(x: np.uint32, y: np.uint32, p: np.uint32) -> np.uint32:
    """Give x + y mod p for x and y in [0, p); of s and s - p, the one that did not wrap is the smaller."""
    s = np.uint32(x + y)
    return min(s, np.uint32(s - p))


@inlined
def difference(x: np.uint32, y: np.uint32, p: np.uint32) -> np.uint32:
    """Give x - y mod p for x and y in [0, p)."""
    d = np.uint32(x - y)
    return min(d, np.uint32(d + p))


@inlined
def row_product(x: Row, w: Row, w_companion: Row, p: Row) -> Row:
    """Give x w mod p, in [0, p), in each lane, for any 32-bit x and for w in [0, p)."""
    r = x * w - upper(x, w_companion) * p
    return least(r, r - p)


@inlined
def row_total(x: Row, y: Row, p: Row) -> Row:
    """Give x + y mod p in each lane."""
    s = x + y
    return least(s, s - p)


@inlined
def row_difference(x: Row, y: Row, p: Row) -> Row:
    """Give x - y mod p in each lane."""
    d = x - y
    return least(d, d + p)


@inlined
def companion(
    w: np.uint32, wrap: np.uint32, wrap_companion: np.uint32, p: np.uint32, p_inverse: np.uint32
) -> np.uint32:
    """Give floor(2^32 w / p) without a division, so that w may be secret.

    With r = 2^32 w mod p, where `wrap` is 2^32 mod p, the quotient is (2^32 w - r) / p: an exact division, which is a
    product by the inverse of p modulo 2^32.
    """
    return np.uint32(np.uint32(0) - np.uint32(product(w, wrap, wrap_companion, p) * p_inverse))


def companions(factors: Sequence[int], p: int) -> NDArray[np.uint32]:
    """Companions of public factors, in Python integers."""
    return np.array([(w << 32) // p for w in factors], np.uint32)
