"""Bins and calibration errors by hand and by definition; the bias of the ECE as it is known."""

from itertools import pairwise

import numpy as np
import pytest

from pleura.evaluation.calibration.reliability import calibration_error, reliability_bins


def test_bins_hold_equally_many_and_keep_equal_probabilities_together(rng: np.random.Generator) -> None:
    p = rng.random(103)
    truth = rng.random(103) < p
    found = reliability_bins(truth, p, bins=10)
    counts = [one.observed.total for one in found]
    assert (len(counts), sum(counts), max(counts) - min(counts)) == (10, 103, 1)
    assert all(a.highest < b.lowest for a, b in pairwise(found))
    assert sum(one.mean * one.observed.total for one in found) == pytest.approx(p.sum())
    assert sum(one.observed.hits for one in found) == truth.sum()
    tied = reliability_bins(truth, np.repeat([0.2, 0.2, 0.7], [40, 20, 43]), bins=10)
    assert [(one.lowest, one.highest, one.observed.total) for one in tied] == [(0.2, 0.2, 60), (0.7, 0.7, 43)]


def test_by_hand() -> None:
    """Bins 0.1, 0.3 with one of two, 0.6, 0.8 with two of two: (|1 - 0.4| + |2 - 1.4|) / 4."""
    found = calibration_error([0, 1, 1, 1], [0.1, 0.3, 0.6, 0.8], bins=2)
    assert found.expected == pytest.approx((0.6 + 0.6) / 4)
    # Squared gaps 0.3^2 and 0.3^2; of the first the variance of a half, 0.25 / (2 - 1), is taken off; the second has 0.
    assert found.debiased == pytest.approx(max(0.0, 0.5 * (0.09 - 0.25) + 0.5 * 0.09) ** 0.5)
    assert found.bins == 2


def test_ece_against_a_loop(rng: np.random.Generator) -> None:
    p = np.round(rng.random(200), 2)
    truth = rng.random(200) < p**2
    bins = reliability_bins(truth, p, bins=7)
    total = 0.0
    for one in bins:
        inside = [i for i in range(200) if one.lowest <= p[i] <= one.highest]
        total += len(inside) / 200 * abs(truth[inside].mean() - p[inside].mean())
    assert calibration_error(truth, p, bins=7).expected == pytest.approx(total)


def test_the_bias_is_what_right_probabilities_give_and_the_p_is_even(rng: np.random.Generator) -> None:
    """For right probabilities ECE is far from 0, its bias is foreseen, and p is below 0.2 in a fifth of studies."""
    found = []
    for seed in range(150):
        p = rng.random(120)
        found.append(calibration_error(rng.random(120) < p, p, draws=200, seed=seed))
    assert np.mean([one.expected for one in found]) > 0.06
    assert np.mean([one.expected for one in found]) == pytest.approx(
        np.mean([one.by_chance for one in found]), rel=0.05
    )
    assert 0.1 < np.mean([one.p < 0.2 for one in found]) < 0.3
    # Squared gaps average p (1 - p) / 12 = 0.014 by chance alone; debiased, little is left, and only by the cut at 0.
    assert np.mean([one.debiased**2 for one in found]) < 0.004


def test_wrong_probabilities_are_found(rng: np.random.Generator) -> None:
    p = rng.random(4000)
    found = calibration_error(rng.random(4000) < p**2, p, draws=200)
    assert found.p == pytest.approx(1 / 201)
    # E |p - p^2| = 1/6, and E (p - p^2)^2 = 1/3 - 1/2 + 1/5 = 1/30.
    assert found.expected == pytest.approx(1 / 6, abs=0.02)
    assert found.debiased == pytest.approx((1 / 30) ** 0.5, abs=0.02)


@pytest.mark.parametrize(
    ("truth", "p", "settings"),
    [([1], [0.5, 0.5], {}), ([], [], {}), ([1], [1.2], {}), ([1], [0.5], {"bins": 0}), ([1], [0.5], {"draws": 9})],
)
def test_what_does_not_fit_is_refused(truth: list[int], p: list[float], settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="need"):
        calibration_error(truth, p, **settings)
