"""Constants against their definitions, and arithmetic modulo p against Python's integers."""

from math import isqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.modulus import (
    MODULUS,
    PRIMES,
    RING_DEGREE,
    ROOTS,
    companion,
    companions,
    difference,
    product,
    row_difference,
    row_product,
    row_total,
    total,
)
from pleura.federation.secure_sum.ring.vectors import load, spread, store


def is_prime(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, isqrt(n) + 1))


def test_the_primes_are_the_largest_ones() -> None:
    candidates = [n for n in range(2**31 - 2 * RING_DEGREE + 1, PRIMES[2] - 1, -2 * RING_DEGREE) if is_prime(n)]
    assert tuple(candidates) == PRIMES
    assert PRIMES[0] * PRIMES[1] * PRIMES[2] == MODULUS
    assert MODULUS.bit_length() == 93


@pytest.mark.parametrize(("p", "root"), [*zip(PRIMES, ROOTS, strict=True)])
def test_the_roots_are_the_smallest_primitive_ones(p: int, root: int) -> None:
    assert pow(root, RING_DEGREE, p) == p - 1
    square, power, least = root * root % p, root, root
    for _ in range(RING_DEGREE):
        power = power * square % p
        least = min(least, power)
    assert least == root


@kernel
def each_way(
    x: NDArray[np.uint32], y: NDArray[np.uint32], factors: NDArray[np.uint32], p: np.uint32, out: NDArray[np.uint32]
) -> None:
    """Rows of out: x w, x + y, x - y, one at a time and 16 at a time, then the companions of x."""
    w, w_companion = factors[0], factors[1]
    for i in range(x.shape[0]):
        out[0, i] = product(x[i], w, w_companion, p)
        out[1, i] = total(x[i], y[i], p)
        out[2, i] = difference(x[i], y[i], p)
        out[6, i] = companion(x[i], factors[2], factors[3], p, factors[4])
    flat, rows = out.reshape(-1), np.uint64(out.shape[1])
    for i in range(np.uint64(0), np.uint64(x.size), np.uint64(16)):
        a, b, q = load(x, i), load(y, i), spread(p)
        store(flat, i + rows * np.uint64(3), row_product(a, spread(w), spread(w_companion), q))
        store(flat, i + rows * np.uint64(4), row_total(a, b, q))
        store(flat, i + rows * np.uint64(5), row_difference(a, b, q))


@pytest.mark.parametrize("p", PRIMES)
def test_arithmetic_is_that_of_the_integers(p: int, rng: np.random.Generator) -> None:
    edges = [0, 1, 2, p - 1, p - 2, p // 2, p // 2 + 1, 2**16]
    x = np.array(edges * 8 + rng.integers(0, p, 4032).tolist(), np.uint32)
    y = np.array(np.repeat(edges, 8).tolist() + rng.integers(0, p, 4032).tolist(), np.uint32)
    for w in (0, 1, p - 1, int(rng.integers(0, p))):
        factors = np.array(
            [w, companions([w], p)[0], 2**32 % p, companions([2**32 % p], p)[0], pow(p, -1, 2**32)], np.uint32
        )
        out = np.empty((7, x.size), np.uint32)
        each_way(x, y, factors, np.uint32(p), out)
        a, b = x.astype(object), y.astype(object)
        for row, expected in ((0, a * w % p), (1, (a + b) % p), (2, (a - b) % p), (6, a * 2**32 // p)):
            assert (out[row] == expected).all()
        assert (out[3:6] == out[:3]).all()


def test_a_product_takes_any_word(rng: np.random.Generator) -> None:
    """The factor has to be below p, the other word need not."""
    p, w = PRIMES[1], int(rng.integers(0, PRIMES[1]))
    x = np.array([2**32 - 1, 2**31, 2 * p - 1, p, *rng.integers(0, 2**32, 12)], np.uint32)
    out = np.empty((7, 16), np.uint32)
    factors = np.array([w, companions([w], p)[0], 0, 0, 0], np.uint32)
    each_way(x, x, factors, np.uint32(p), out)
    assert (out[0] == x.astype(object) * w % p).all()
    assert (out[3] == out[0]).all()
