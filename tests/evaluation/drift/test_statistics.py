"""Distances of reference and later cases: scipy, definitions the slow way, and examples by hand."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from pleura.evaluation.drift.statistics import (
    kolmogorov_smirnov,
    mixture,
    running_sum,
    share_difference,
    stability_index,
)


@pytest.mark.parametrize("digits", [1, 6])
def test_kolmogorov_smirnov_is_that_of_scipy(rng: np.random.Generator, digits: int) -> None:
    values = rng.random((20, 50)).round(digits)
    found = kolmogorov_smirnov(values, 30)
    assert found == pytest.approx([ks_2samp(row[:30], row[30:]).statistic for row in values])


def test_stability_index_by_hand() -> None:
    """Median 0.45 of the reference; one of three later cases is above: shares 2.5 / 5 each, and 2.5 / 4 and 1.5 / 4."""
    row = np.array([[0.2, 0.4, 0.5, 0.9, 0.1, 0.3, 0.8]])
    expected = (0.625 - 0.5) * np.log(0.625 / 0.5) + (0.375 - 0.5) * np.log(0.375 / 0.5)
    assert stability_index(row, 4, bins=2) == pytest.approx([expected])


def test_stability_index_of_scores_that_are_all_equal_is_none() -> None:
    assert stability_index(np.full((1, 9), 0.5), 5) == pytest.approx([0])


def test_mixture_is_pearsons_chi_square(rng: np.random.Generator) -> None:
    codes = rng.integers(0, 3, (10, 60))
    for row, found in zip(codes, mixture(codes, 25), strict=True):
        table = [np.bincount(part, minlength=3) for part in (row[:25], row[25:])]
        assert found == pytest.approx(chi2_contingency(table, correction=False).statistic)


def test_running_sum_one_case_after_the_other(rng: np.random.Generator) -> None:
    flags = (rng.random((5, 40)) < 0.4).astype(np.float64)
    up, down = running_sum(flags, 15, allowance=0.05)
    for row, ups, downs in zip(flags, up, down, strict=True):
        expected, high, low = row[:15].mean(), 0.0, 0.0
        for flag, one, other in zip(row[15:], ups, downs, strict=True):
            high = max(0.0, high + flag - expected - 0.05)
            low = max(0.0, low - flag + expected - 0.05)
            assert (one, other) == (pytest.approx(high), pytest.approx(low))


def test_share_difference_by_hand() -> None:
    assert share_difference(np.array([[1.0, 0, 0, 1, 1, 0]]), 4) == pytest.approx([0])
    assert share_difference(np.array([[0.0, 0, 0, 1, 1, 1]]), 4) == pytest.approx([0.75])
