"""McNemar and differences of proportions: published examples, and the definitions the slow way."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binom

from pleura.evaluation.comparison.proportions import mcnemar, paired_difference, unpaired_difference


def test_published_example_of_mcnemar() -> None:
    """One child of 21 in one cell, seven in the other: Fagerland and others (2013), table 1; also by hand.

    Of 8 discordant pairs 0 or 1 fall on one side with probability 9 / 256, 1 with 8 / 256.
    """
    found = mcnemar(1, 7)
    assert found.exact == pytest.approx(18 / 256)
    assert found.mid_p == pytest.approx(10 / 256)


@pytest.mark.parametrize(("b", "c"), [(3, 3), (0, 5), (12, 4), (150, 110)])
def test_mcnemar_against_the_binomial_distribution(b: int, c: int) -> None:
    found = mcnemar(b, c)
    point = binom.pmf(min(b, c), b + c, 0.5)
    twice = 2 * binom.cdf(min(b, c), b + c, 0.5)
    assert found.exact == pytest.approx(min(1, twice))
    assert found.mid_p == pytest.approx(1 - point / 2 if b == c else twice - point)
    assert 0 <= found.mid_p <= found.exact <= 1


@pytest.mark.parametrize("counts", [(1, 1, 7, 12), (20, 5, 3, 2), (50, 0, 4, 6), (30, 0, 0, 0), (0, 6, 0, 0)])
def test_the_paired_interval_holds_what_a_score_test_does_not_reject(counts: tuple[int, int, int, int]) -> None:
    """Likelihood maximised under each difference by search; the statistic is the distance over its error there."""
    both, b, c, neither = counts
    total = sum(counts)

    def kept(shift: float) -> bool:
        lowest, highest = max(0.0, -shift), (1 - shift) / 2

        def minus(share: float) -> float:
            terms = ((b, share + shift), (c, share), (both + neither, 1 - 2 * share - shift))
            return -sum(n * np.log(max(p, 1e-300)) for n, p in terms if n)

        share = minimize_scalar(minus, bounds=(lowest, highest), method="bounded", options={"xatol": 1e-12}).x
        variance = (2 * share + shift - shift**2) / total
        return abs((b - c) / total - shift) <= 1.959964 * np.sqrt(max(variance, 0)) + 1e-9

    found = paired_difference(*counts)
    for end, outwards in ((found.low, -1), (found.high, 1)):
        assert kept(end - outwards * 2e-4)
        assert abs(end) == 1 or not kept(end + outwards * 2e-4)
    assert found.difference == pytest.approx((b - c) / total)


def test_published_intervals() -> None:
    """Newcombe (1998), table II, 56/70 against 48/80: 0.0524 to 0.3339."""
    found = unpaired_difference(56, 70, 48, 80)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_unpaired_p_is_the_sum_of_tables_as_unlikely() -> None:
    found = unpaired_difference(7, 9, 2, 8)
    ways = {k: binom.pmf(k, 9, 0.5) * binom.pmf(9 - k, 8, 0.5) for k in range(1, 10)}
    total = sum(ways.values())
    assert found.p == pytest.approx(sum(one for one in ways.values() if one <= ways[7] * (1 + 1e-9)) / total)


def test_counts_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        mcnemar(-1, 2)
    with pytest.raises(ValueError, match="one case"):
        paired_difference(0, 0, 0, 0)
    with pytest.raises(ValueError, match="confidence"):
        paired_difference(1, 1, 1, 1, confidence=0)


def test_without_a_discordant_case_nothing_is_told() -> None:
    assert (mcnemar(0, 0).mid_p, mcnemar(0, 0).exact) == (1.0, 1.0)
