"""The noise against the binomial law, which is computed exactly; the keys are fixed, so that nothing here is luck.

The limits are those that a right sampler passes with probability 1 - 10^-6 each.
"""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.stats import chi2, norm

from pleura.federation.secure_sum.ring.expansion import Keystream
from pleura.federation.secure_sum.ring.noise import biased
from pleura.federation.secure_sum.ring.secret import RoundSecret

FALSE_ALARM = 1e-6
COUNT = 1 << 20


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    bits, out = np.empty(COUNT, np.uint64), np.empty(COUNT, np.uint32)
    Keystream(b"the noise of the tests, 32 bytes").write(1 << 64, bits)
    biased(bits, out)
    return out.astype(np.int64) - 21


def test_noise_is_the_difference_of_two_counts(rng: np.random.Generator) -> None:
    """One at a time, in Python's integers; the upper 22 bits do not count."""
    bits = rng.integers(0, 2**64, 256, dtype=np.uint64)
    bits[:4] = 0, 2**64 - 1, 2**21 - 1, (2**21 - 1) << 21
    out = np.empty(256, np.uint32)
    biased(bits, out)
    expected = [(int(b) % 2**21).bit_count() - (int(b) >> 21 & 2**21 - 1).bit_count() + 21 for b in bits]
    assert out.tolist() == expected
    assert out[:4].tolist() == [21, 21, 42, 0]


def test_noise_follows_the_binomial_law(sample: np.ndarray) -> None:
    """Chi-square over all outcomes that are expected ten times or more, the rest in two tails."""
    law = {e: Fraction(comb(42, e + 21), 2**42) for e in range(-21, 22)}
    frequent = [e for e in law if law[e] * COUNT >= 10]
    edges = (frequent[0], frequent[-1])
    grouped = np.clip(sample, *edges)
    statistic = 0.0
    for e in frequent:
        share = law[e] if e not in edges else sum((law[o] for o in law if abs(o) >= abs(e) and o * e > 0), Fraction(0))
        expected = float(share * COUNT)
        statistic += ((grouped == e).sum() - expected) ** 2 / expected
    assert statistic < chi2.isf(FALSE_ALARM, len(frequent) - 1)


def test_noise_has_the_moments(sample: np.ndarray) -> None:
    """Mean 0, variance 42/4, and the fourth moment 3 v^2 - v/2 of a sum of 42 halves."""
    limit = norm.isf(FALSE_ALARM / 2)
    variance, fourth = 10.5, 3 * 10.5**2 - 10.5 / 2
    assert abs(sample.mean()) < limit * np.sqrt(variance / COUNT)
    assert abs((sample**2).mean() - variance) < limit * np.sqrt((fourth - variance**2) / COUNT)
    sixth = float(sum(Fraction(comb(42, e + 21), 2**42) * e**6 for e in range(-21, 22)))
    eighth = float(sum(Fraction(comb(42, e + 21), 2**42) * e**8 for e in range(-21, 22)))
    assert fourth == float(sum(Fraction(comb(42, e + 21), 2**42) * e**4 for e in range(-21, 22)))
    assert abs((sample**4).mean() - fourth) < limit * np.sqrt((eighth - fourth**2) / COUNT)
    assert abs((sample**3).mean()) < limit * np.sqrt(sixth / COUNT)


def test_neighbours_are_independent(sample: np.ndarray) -> None:
    """Products of neighbours, in the row and across the lanes, have mean 0 and variance v^2."""
    for distance in (1, 8, 16, 4096):
        products = sample[distance:] * sample[:-distance]
        assert abs(products.mean()) < norm.isf(FALSE_ALARM / 2) * 10.5 / np.sqrt(products.size)


def test_a_secret_is_noise_of_its_own() -> None:
    """From the operating system: another one each time; sums of squares with eight standard deviations to spare."""
    first, second = RoundSecret.fresh().coefficients, RoundSecret.fresh().coefficients
    assert first.shape == (4096,)
    assert first.dtype == np.int8
    assert (first != second).mean() > 0.8
    squares = first.astype(float) ** 2
    assert abs(squares.mean() - 10.5) < 8 * np.sqrt((3 * 10.5**2 - 5.25 - 10.5**2) / 4096)
