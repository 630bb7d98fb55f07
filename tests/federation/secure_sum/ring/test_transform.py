"""Transforms against products of polynomials, multiplied out in Python's integers."""

import numpy as np
import pytest

from pleura.federation.secure_sum.ring.masks import product_with_secret
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, RING_DEGREE
from pleura.federation.secure_sum.ring.secret import transformed
from pleura.federation.secure_sum.ring.transform import forward, inverse_lanes, tables


def evaluated(words: np.ndarray, k: int) -> np.ndarray:
    """The product's forward transform of one ring element."""
    out, table = words.astype(np.uint32), tables()[k]
    forward(out, table.roots, table.roots_companion, table.p)
    return out


def interpolated(values: np.ndarray, k: int) -> np.ndarray:
    """The inverse transform of 16 ring elements, (4096, 16), its factor of 4096 taken away."""
    table, p = tables()[k], PRIMES[k]
    flat = values.astype(np.uint32).reshape(-1)
    inverse_lanes(flat, table.inverses, table.inverses_companion, table.p)
    return (flat.astype(object) * pow(RING_DEGREE, -1, p) % p).reshape(RING_DEGREE, LANES)


def convolved(sparse: dict[int, int], dense: np.ndarray, p: int) -> np.ndarray:
    """Product modulo X^4096 + 1 and p, term by term."""
    out = np.zeros(RING_DEGREE, object)
    for power, factor in sparse.items():
        moved = np.roll(dense, power) * factor
        moved[:power] *= -1
        out += moved
    return out % p


@pytest.mark.parametrize("k", range(3))
def test_inverse_after_forward_is_nothing(k: int, rng: np.random.Generator) -> None:
    x = rng.integers(0, PRIMES[k], (RING_DEGREE, LANES)).astype(np.uint32)
    x[:, 0], x[:, 1] = 0, PRIMES[k] - 1
    values = np.stack([evaluated(x[:, lane].copy(), k) for lane in range(LANES)], axis=1)
    assert (values < PRIMES[k]).all()
    assert (interpolated(values, k) == x).all()


@pytest.mark.parametrize("k", range(3))
def test_products_of_values_are_negacyclic_products(k: int, rng: np.random.Generator) -> None:
    p = PRIMES[k]
    dense = rng.integers(0, p, RING_DEGREE).astype(object)
    places = [0, 1, 2047, 2048, 4095, *rng.choice(np.arange(2, 2047), 11, replace=False).tolist()]
    sparse = {int(place): int(rng.integers(1, p)) for place in places}
    other = np.zeros(RING_DEGREE, object)
    other[list(sparse)] = list(sparse.values())
    values = evaluated(dense, k).astype(object) * evaluated(other, k).astype(object) % p
    lanes = np.zeros((RING_DEGREE, LANES), object)
    lanes[:, 5] = values
    found = interpolated(lanes, k)
    assert (found[:, 5] == convolved(sparse, dense, p)).all()
    assert not np.delete(found, 5, axis=1).any()  # one lane does not leak into another


@pytest.mark.parametrize("k", range(3))
def test_values_are_those_at_the_odd_powers_of_the_root(k: int, rng: np.random.Generator) -> None:
    """Of a polynomial of three terms, at 64 of the 4096 places, by Python's powers."""
    p, table = PRIMES[k], tables()[k]
    terms = {3: int(rng.integers(1, p)), 1000: int(rng.integers(1, p)), 4095: int(rng.integers(1, p))}
    x = np.zeros(RING_DEGREE, np.uint32)
    x[list(terms)] = list(terms.values())
    values = evaluated(x, k)
    psi = int(table.roots[RING_DEGREE // 2])  # the bit reversal of 2048 is 1
    for place in range(0, RING_DEGREE, 64):
        point = pow(psi, 2 * int(f"{place:012b}"[::-1], 2) + 1, p)
        assert values[place] == sum(c * pow(point, power, p) for power, c in terms.items()) % p


@pytest.mark.parametrize("k", range(3))
def test_the_product_with_a_secret_is_that_of_the_polynomials(k: int, rng: np.random.Generator) -> None:
    """A secret of few terms, times 16 ring elements that are given by their values."""
    p, table = PRIMES[k], tables()[k]
    secret = np.zeros(RING_DEGREE, np.int32)
    secret[[0, 7, 4095]] = 21, -21, 3
    ring_elements = rng.integers(0, p, (RING_DEGREE, LANES)).astype(np.uint32)
    values = np.stack([evaluated(ring_elements[:, lane].copy(), k) for lane in range(LANES)], axis=1)
    out = np.empty(values.size, np.uint32)
    key = transformed(secret)[k]
    product_with_secret(values.reshape(-1), key[0], key[1], table.inverses, table.inverses_companion, table.p, out)
    for lane in range(0, LANES, 3):
        expected = convolved({0: 21, 7: -21, 4095: 3}, ring_elements[:, lane].astype(object), p)
        assert (out.reshape(RING_DEGREE, LANES)[:, lane] == expected).all()
