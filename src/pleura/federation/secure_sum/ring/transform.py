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

from pleura.federation.secure_sum.ring.compiled import inlined, kernel
from pleura.federation.secure_sum.ring.modulus import (
    LANES,
    PRIMES,
    RING_DEGREE,
    ROOTS,
    companions,
    difference,
    product,
    row_difference,
    row_product,
    row_total,
    total,
)
from pleura.federation.secure_sum.ring.vectors import Index, Row, load, spread, store

__all__ = ["STRETCH", "Tables", "forward", "inverse_lanes", "inverse_last", "inverse_stretch", "tables"]


STRETCH = 256
"""Rows of a block that go through eight steps of the transform together."""


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


@inlined
def _forward_rows(
    x: NDArray[np.uint32], start: np.uint64, half: np.uint64, w: np.uint32, w_companion: np.uint32, p: Row
) -> None:
    """Take one step of one group, 16 coefficients at a time."""
    for j in range(start, start + half, np.uint64(LANES)):
        u, v = load(x, j), row_product(load(x, j + half), spread(w), spread(w_companion), p)
        store(x, j, row_total(u, v, p))
        store(x, j + half, row_difference(u, v, p))


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
            if half >= LANES:
                _forward_rows(x, np.uint64(start), np.uint64(half), w, w_companion, spread(p))
            else:
                for j in range(start, start + half):
                    u, v = x[j], product(x[j + half], w, w_companion, p)
                    x[j], x[j + half] = total(u, v, p), difference(u, v, p)
        half >>= 1
        groups <<= 1


@inlined
def _pair(u: Row, v: Row, at: Index, factors: NDArray[np.uint32], companions: NDArray[np.uint32], p: Row) -> Row:
    """Give u + v and (u - v) factor."""
    w, w_companion = spread(factors[at]), spread(companions[at])
    return row_total(u, v, p), row_product(u - v + p, w, w_companion, p)


@inlined
def _four(
    a: Row,
    b: Row,
    c: Row,
    d: Row,
    at: Index,
    then: Index,
    factors: NDArray[np.uint32],
    companions: NDArray[np.uint32],
    p: Row,
) -> Row:
    """Two steps of the transform on four rows: factors `at` and the next one, then factor `then`."""
    a, b = _pair(a, b, at, factors, companions, p)
    c, d = _pair(c, d, at + np.uint64(1), factors, companions, p)
    a, c = _pair(a, c, then, factors, companions, p)
    b, d = _pair(b, d, then, factors, companions, p)
    return a, b, c, d


@inlined
def _load_four(x: NDArray[np.uint32], i: Index, s: Index) -> Row:
    """Load four rows that are s words apart."""
    return load(x, i), load(x, i + s), load(x, i + s + s), load(x, i + s + s + s)


@inlined
def _store_four(x: NDArray[np.uint32], i: Index, s: Index, a: Row, b: Row, c: Row, d: Row) -> None:
    """Store four rows that are s words apart."""
    store(x, i, a)
    store(x, i + s, b)
    store(x, i + s + s, c)
    store(x, i + s + s + s, d)


@inlined
def _sixteen(
    x: NDArray[np.uint32],
    y: NDArray[np.uint32],
    i: Index,
    s: Index,
    group: Index,
    factors: NDArray[np.uint32],
    companions: NDArray[np.uint32],
    p: Row,
) -> None:
    """Four steps of the inverse transform on 16 rows of x that are s words apart, into y, all of them in registers.

    `group` is where the factor of the last step stands; those of the step before stand at its double and the next.
    """
    one, two, three, four, six = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4), np.uint64(6)
    w2, w4, w8 = group * np.uint64(2), group * np.uint64(4), group * np.uint64(8)
    q = s * four
    a0, a1, a2, a3 = _load_four(x, i, s)
    b0, b1, b2, b3 = _load_four(x, i + q, s)
    c0, c1, c2, c3 = _load_four(x, i + q + q, s)
    d0, d1, d2, d3 = _load_four(x, i + q + q + q, s)
    a0, a1, a2, a3 = _four(a0, a1, a2, a3, w8, w4, factors, companions, p)
    b0, b1, b2, b3 = _four(b0, b1, b2, b3, w8 + two, w4 + one, factors, companions, p)
    c0, c1, c2, c3 = _four(c0, c1, c2, c3, w8 + four, w4 + two, factors, companions, p)
    d0, d1, d2, d3 = _four(d0, d1, d2, d3, w8 + six, w4 + three, factors, companions, p)
    a0, b0, c0, d0 = _four(a0, b0, c0, d0, w2, group, factors, companions, p)
    a1, b1, c1, d1 = _four(a1, b1, c1, d1, w2, group, factors, companions, p)
    a2, b2, c2, d2 = _four(a2, b2, c2, d2, w2, group, factors, companions, p)
    a3, b3, c3, d3 = _four(a3, b3, c3, d3, w2, group, factors, companions, p)
    _store_four(y, i, s, a0, a1, a2, a3)
    _store_four(y, i + q, s, b0, b1, b2, b3)
    _store_four(y, i + q + q, s, c0, c1, c2, c3)
    _store_four(y, i + q + q + q, s, d0, d1, d2, d3)


@inlined
def inverse_stretch(
    x: NDArray[np.uint32], stretch: Index, factors: NDArray[np.uint32], companions: NDArray[np.uint32], p: Row
) -> None:
    """Take the first eight steps of the inverse transform on 256 rows, which the fastest cache holds, in place."""
    row, sixteen = np.uint64(LANES), np.uint64(16)
    start = stretch * row * np.uint64(STRETCH)
    for g in range(sixteen):
        group = (stretch + sixteen) * sixteen + np.uint64(g)
        i = start + np.uint64(g) * sixteen * row
        _sixteen(x, x, i, row, group, factors, companions, p)
    for i in range(start, start + sixteen * row, row):
        _sixteen(x, x, i, sixteen * row, stretch + sixteen, factors, companions, p)


@inlined
def inverse_last(
    x: NDArray[np.uint32], y: NDArray[np.uint32], factors: NDArray[np.uint32], companions: NDArray[np.uint32], p: Row
) -> None:
    """Take the last four steps of the inverse transform from x to y.

    Rows 256 apart share a place in the fastest cache, which has room for eight of them: x and y may well be two arrays.
    """
    apart = np.uint64(STRETCH * LANES)
    for i in range(np.uint64(0), apart, np.uint64(LANES)):
        _sixteen(x, y, i, apart, np.uint64(1), factors, companions, p)


@kernel
def inverse_lanes(
    x: NDArray[np.uint32], inverses: NDArray[np.uint32], inverses_companion: NDArray[np.uint32], prime: np.uint32
) -> None:
    """Transform 16 ring elements, uint32 (4096 * 16,) in [0, p), in place: bit-reversed order to natural order.

    The result is 4096 times the inverse.
    """
    p = spread(prime)
    for stretch in range(np.uint64(RING_DEGREE // STRETCH)):
        inverse_stretch(x, np.uint64(stretch), inverses, inverses_companion, p)
    inverse_last(x, x, inverses, inverses_companion, p)
