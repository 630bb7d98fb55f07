"""Ratios of proportions against the slow definition; predictive values by Bayes and on the logit scale."""

from math import exp, inf, log, sqrt

import numpy as np
import pytest
from scipy.stats import binom

from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.intervals.ratios import clustered_ratios, likelihood_ratios, npv_at, ppv_at, ratio

COUNTS = [(36, 40, 16, 80), (0, 10, 5, 10), (100, 100, 3, 50), (90, 100, 0, 100), (10, 10, 10, 10), (1, 30, 2, 8)]


def _kept(theta: float, x: int, n: int, y: int, m: int) -> bool:
    """Whether Pearson's chi-square keeps a true ratio; the likelihood is maximised on a fine grid."""
    second = np.linspace(0, min(1, 1 / theta), 200_001)[1:-1]
    first = theta * second
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = sum(
            np.where(count > 0, count * np.log(p), 0)
            for count, p in ((x, first), (n - x, 1 - first), (y, second), (m - y, 1 - second))
        )
    best = int(likelihood.argmax())
    a, b = first[best], second[best]
    statistic = (x - n * a) ** 2 / (n * a * (1 - a)) + (y - m * b) ** 2 / (m * b * (1 - b))
    return bool(statistic <= 1.959964**2)


@pytest.mark.parametrize("counts", COUNTS)
def test_the_interval_holds_what_a_score_test_does_not_reject(counts: tuple[int, int, int, int]) -> None:
    found = ratio(*counts)
    assert found.low <= found.value <= found.high
    for end, outwards in ((found.low, 1 / 1.002), (found.high, 1.002)):
        if end not in (0, inf):
            assert _kept(end / outwards, *counts)
            assert not _kept(end * outwards, *counts)
    assert (found.low == 0) == (counts[0] == 0)
    assert (found.high == inf) == (counts[2] == 0)


def test_the_true_ratio_is_held_as_often_as_said() -> None:
    """Every table of 20 and 20 cases, with its probability: sensitivity 0.9, specificity 0.9, ratio 9."""
    chance = np.outer(binom.pmf(range(21), 20, 0.9), binom.pmf(range(21), 20, 0.1))
    held = 0.0
    for x, y in zip(*np.nonzero(chance > 1e-7), strict=True):
        found = ratio(int(x), 20, int(y), 20)
        held += chance[x, y] * (found is not None and found.low <= 9 <= found.high)
    assert held == pytest.approx(0.956, abs=0.001)


def test_turned_round_it_is_the_reciprocal() -> None:
    one, other = ratio(36, 40, 16, 80), ratio(16, 80, 36, 40)
    assert (other.low, other.high) == pytest.approx((1 / one.high, 1 / one.low))


def test_with_many_cases_it_is_the_usual_interval_on_the_logarithm() -> None:
    """Simel and others (1991): exp(log ratio -+ z sqrt(1/x - 1/n + 1/y - 1/m))."""
    x, n, y, m = 90_000, 100_000, 20_000, 100_000
    half = 1.959964 * sqrt(1 / x - 1 / n + 1 / y - 1 / m)
    found = ratio(x, n, y, m)
    assert (found.low, found.high) == pytest.approx((4.5 * exp(-half), 4.5 * exp(half)), rel=1e-4)


def test_likelihood_ratios_by_hand() -> None:
    """Sensitivity 0.9, specificity 0.8: 0.9 / 0.2 and 0.1 / 0.8."""
    found = likelihood_ratios(90, 100, 20, 100)
    assert (found.positive.value, found.negative.value) == pytest.approx((4.5, 0.125))
    none = likelihood_ratios(0, 10, 0, 10)
    assert none.positive is None
    assert none.negative.value == 1
    faultless = likelihood_ratios(10, 10, 0, 10)
    assert (faultless.positive.value, faultless.negative.value) == (inf, 0)
    assert 1 < faultless.positive.low < inf


def test_resampled_ratios_are_percentiles_even_where_some_are_infinite() -> None:
    sensitivity = np.full(1000, 0.8)
    false = np.repeat([0.0, 0.1, 0.2, 0.4], [10, 490, 490, 10])
    found = clustered_ratios(8, 10, 2, 10, sensitivity, 1 - false, patients=9)
    assert (found.positive.value, found.positive.low, found.positive.high) == pytest.approx((4, 4, 8))
    many = np.repeat([0.0, 0.1], [200, 800])
    assert clustered_ratios(8, 10, 2, 10, sensitivity, 1 - many, patients=9).positive.high == inf
    assert clustered_ratios(8, 10, 2, 10, sensitivity, 1 - false, patients=4).positive.low is None


def test_predictive_values_are_bayes_theorem() -> None:
    """Prevalence 0.1, sensitivity 0.9, specificity 0.8: 0.09 / (0.09 + 0.18) and 0.72 / (0.72 + 0.01)."""
    found = likelihood_ratios(90, 100, 20, 100)
    assert ppv_at(0.1, found.positive).value == pytest.approx(0.09 / 0.27)
    assert npv_at(0.1, found.negative).value == pytest.approx(0.72 / 0.73)


def test_with_many_cases_predictive_values_have_the_interval_on_the_logit_scale() -> None:
    """Mercaldo and others (2007): variance (1 - se) / (se n) + sp / ((1 - sp) m) of the logit of the PPV."""
    found = ppv_at(0.1, likelihood_ratios(90_000, 100_000, 20_000, 100_000).positive)
    half = 1.959964 * sqrt(0.1 / 0.9 / 1e5 + 0.8 / 0.2 / 1e5)
    logit = log(found.value / (1 - found.value))
    expected = [1 / (1 + exp(-(logit + sign * half))) for sign in (-1, 1)]
    assert (found.low, found.high) == pytest.approx(tuple(expected), rel=1e-4)


def test_infinite_ratios_give_certain_values() -> None:
    assert ppv_at(0.2, Estimate(inf, 4.0, inf, "score")) == Estimate(1.0, 0.5, 1.0, "score")
    assert npv_at(0.5, Estimate(0.0, None, None, "none")) == Estimate(1.0, None, None, "none")
    assert ppv_at(0.1, None) is None


@pytest.mark.parametrize("wrong", [(3, 2, 1, 2), (1, 0, 1, 2), (-1, 2, 1, 2)])
def test_counts_that_are_none_are_refused(wrong: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="need 0 <= hits"):
        ratio(*wrong)
    with pytest.raises(ValueError, match="confidence"):
        ratio(1, 2, 1, 2, confidence=95)
    with pytest.raises(ValueError, match="prevalence"):
        ppv_at(1.0, Estimate(1.0, 0.5, 2.0, "score"))
