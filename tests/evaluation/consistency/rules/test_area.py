"""AUCs against curves drawn through a point, and against simulated scores."""

import numpy as np
import pytest

from pleura.evaluation.consistency.finding import Level
from pleura.evaluation.consistency.printed import parse_measure
from pleura.evaluation.consistency.rules.area import check_area, hanley_mcneil
from pleura.evaluation.intervals.delong import auc_interval
from pleura.evaluation.roc import auc


def _levels(text: str, sensitivity: str, specificity: str, runs: int = 1) -> list[Level]:
    point = [parse_measure(one).value for one in (sensitivity, specificity)]
    found = check_area("t", parse_measure(text), sensitivity=point[0], specificity=point[1], runs=runs)
    return [one.level for one in found]


def test_bounds_by_hand() -> None:
    # Through (0.1, 0.9): at least 0.9 * 0.9 = 0.81, at most 1 - 0.01 = 0.99; two straight lines: 0.9.
    assert _levels("0.80", "0.900", "0.900") == [Level.CONTRADICTION]
    assert _levels("0.80", "0.900", "0.900", runs=5) == [Level.UNLIKELY]
    assert _levels("0.998", "0.900", "0.900") == [Level.CONTRADICTION]
    # Two straight lines through (0.1, 0.6): 0.75; at least 0.54.
    assert _levels("0.63", "0.600", "0.900") == [Level.UNLIKELY]
    assert _levels("0.67", "0.600", "0.900") == [Level.NOTE]
    assert _levels("0.88", "0.900", "0.900") == [Level.NOTE]
    assert _levels("0.95", "0.900", "0.900") == []
    assert _levels("1.20", "0.900", "0.900")[0] == Level.CONTRADICTION


@pytest.mark.parametrize("seed", range(30))
def test_no_point_of_an_empirical_curve_contradicts_its_area(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positive = np.arange(60) < int(rng.integers(5, 55))
    scores = np.round(rng.normal(size=60) + rng.uniform(0, 3) * positive, int(rng.integers(0, 3)))
    area = auc(positive, scores)
    for threshold in np.unique(scores):
        called = scores >= threshold
        se, sp = called[positive].mean(), (~called[~positive]).mean()
        assert Level.CONTRADICTION not in _levels(f"{area:.4f}", f"{se:.4f}", f"{sp:.4f}")


@pytest.mark.parametrize("seed", range(12))
def test_delongs_interval_is_neither_too_narrow_nor_too_wide(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positives, negatives = int(rng.integers(10, 200)), int(rng.integers(10, 200))
    positive = np.arange(positives + negatives) < positives
    spread = np.where(positive, rng.uniform(0.4, 2), 1)
    scores = rng.normal(size=len(positive)) * spread + rng.uniform(0.2, 2.5) * positive
    found = auc_interval(positive, scores, kind="delong")
    assert found.low is not None
    assert found.high is not None
    if found.high == 1:
        return  # cut off there, so that its width says less
    text = f"{found.value:.3f} ({found.low:.3f}-{found.high:.3f})"
    assert check_area("t", parse_measure(text), cases=(positives, negatives)) == []


def test_an_interval_over_runs_is_too_narrow_for_a_hundred_cases() -> None:
    found = check_area("t", parse_measure("0.90 (0.895-0.905)"), cases=(50, 50))
    assert [one.level for one in found] == [Level.UNLIKELY]
    wide = check_area("t", parse_measure("0.90 (0.60-1.00)"), cases=(50, 50))
    assert [one.level for one in wide] == [Level.NOTE]


def test_hanley_and_mcneil_against_simulated_exponential_scores() -> None:
    """Their formula is for exponential scores; for these the spread of simulated AUCs is what it says."""
    rng = np.random.default_rng(5)
    area, positives, negatives = 0.8, 20, 30
    ratio = area / (1 - area)
    sick = rng.exponential(ratio, (4000, positives, 1))
    well = rng.exponential(1.0, (4000, 1, negatives))
    areas = (sick > well).mean(axis=(1, 2))
    assert areas.mean() == pytest.approx(area, abs=0.005)
    assert areas.std() == pytest.approx(hanley_mcneil(area, positives, negatives), rel=0.03)
