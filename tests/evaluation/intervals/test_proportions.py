"""Wilson's interval against its definition: the proportions that a score test would not reject."""

from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import binom

from pleura.evaluation.intervals.proportions import clopper_pearson, clustered, wilson


@pytest.mark.parametrize(("hits", "total"), [(0, 5), (1, 5), (8, 10), (50, 100), (98, 100), (100, 100)])
def test_ends_are_where_the_score_test_is_just_rejected(hits: int, total: int) -> None:
    found = wilson(hits, total)
    z = NormalDist().inv_cdf(0.975)
    grid = np.linspace(1e-6, 1 - 1e-6, 400_001)
    kept = grid[np.abs(hits / total - grid) <= z * np.sqrt(grid * (1 - grid) / total)]
    assert found.low == pytest.approx(kept.min(), abs=1e-5)
    assert found.high == pytest.approx(kept.max(), abs=1e-5)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize(("hits", "total", "confidence"), [(1, 0, 0.95), (3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_what_is_no_proportion_is_refused(hits: int, total: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="need"):
        wilson(hits, total, confidence=confidence)


@pytest.mark.parametrize(("hits", "total"), [(0, 5), (1, 5), (8, 10), (98, 100), (100, 100)])
def test_exact_ends_leave_half_the_rest_in_each_tail(hits: int, total: int) -> None:
    found = clopper_pearson(hits, total)
    assert found.method == "clopper-pearson"
    assert found.low == 0 if hits == 0 else binom.sf(hits - 1, total, found.low) == pytest.approx(0.025)
    assert found.high == 1 if hits == total else binom.cdf(hits, total, found.high) == pytest.approx(0.025)
    if hits == 0:
        assert found.high == pytest.approx(1 - 0.025 ** (1 / total))


def test_a_clustered_proportion_has_the_percentiles_of_its_resamples() -> None:
    found = clustered(5, 10, np.arange(101) / 100, 6, confidence=0.9)
    assert (found.low, found.high, found.method) == (pytest.approx(0.05), pytest.approx(0.95), "bootstrap")


def test_where_resamples_do_not_vary_as_many_trials_as_patients_are_counted() -> None:
    found = clustered(30, 30, np.ones(100), 10)
    few = wilson(10, 10)
    assert (found.hits, found.total, found.method) == (30, 30, "wilson-patients")
    assert (found.low, found.high) == (few.low, few.high)


def test_a_divided_vote_is_shown_with_one_digit() -> None:
    assert str(wilson(7.5, 10)) == "0.75 (0.44 to 0.92; 7.5/10)"
