"""Net benefit by its definition, and what the curve of a useless or a faultless model must be."""

import numpy as np
import pytest

from pleura.evaluation.utility.decision_curve import decision_curve, net_benefit


def test_by_definition(rng: np.random.Generator) -> None:
    truth = rng.random(80) < 0.3
    p = np.round(rng.random(80), 2)
    grid = [0.05, 0.2, 0.5, 0.9]
    for t, found in zip(grid, net_benefit(truth, p, grid), strict=True):
        right = sum(1 for y, q in zip(truth, p, strict=True) if q >= t and y)
        wrong = sum(1 for y, q in zip(truth, p, strict=True) if q >= t and not y)
        assert found == pytest.approx(right / 80 - wrong / 80 * t / (1 - t))


def test_the_curve_has_the_values_and_the_lines_beside_it(rng: np.random.Generator) -> None:
    truth = rng.random(60) < 0.4
    p = np.clip(0.4 * truth + 0.6 * rng.random(60), 0, 1)
    curve = decision_curve(truth, p, resamples=300)
    np.testing.assert_allclose(curve.model, net_benefit(truth, p, curve.thresholds))
    share = truth.mean()
    np.testing.assert_allclose(
        curve.treat_all, share - (1 - share) * curve.thresholds / (1 - curve.thresholds), atol=1e-12
    )
    known = ~np.isnan(curve.low)
    assert known.mean() > 0.8
    assert (curve.low[known] <= curve.model[known] + 1e-12).all()
    assert (curve.model[known] <= curve.high[known] + 1e-12).all()
    low, high = curve.useful
    inside = (curve.thresholds >= low) & (curve.thresholds <= high)
    assert (curve.low[inside] > np.maximum(curve.treat_all, 0)[inside]).all()
    assert (curve.gain[inside] > 0).all()


def test_another_prevalence_is_as_if_cases_came_in_that_share(rng: np.random.Generator) -> None:
    truth = rng.random(50) < 0.5
    p = rng.random(50)
    doubled = np.concatenate([np.flatnonzero(truth), np.repeat(np.flatnonzero(~truth), 3)])
    share = truth[doubled].mean()
    expected = net_benefit(truth[doubled], p[doubled], [0.1, 0.4])
    found = decision_curve(truth, p, thresholds=[0.1, 0.4], prevalence=share, resamples=100)
    np.testing.assert_allclose(found.model, expected)


def test_a_model_that_says_the_prevalence_gains_nothing() -> None:
    truth = np.arange(40) < 10
    curve = decision_curve(truth, np.full(40, 0.25), resamples=100)
    assert curve.useful is None
    np.testing.assert_allclose(curve.gain, 0, atol=1e-12)
    few = decision_curve([1, 0, 0, 0], [0.9, 0.1, 0.2, 0.3], resamples=100)
    assert np.isnan(few.low).all()


def test_what_does_not_fit_is_refused() -> None:
    for wrong in (
        lambda: net_benefit([1, 0], [0.5], [0.5]),
        lambda: net_benefit([1, 0], [0.5, 1.5], [0.5]),
        lambda: net_benefit([1, 0], [0.5, 0.5], [1.0]),
        lambda: decision_curve([1, 1], [0.5, 0.5]),
        lambda: decision_curve([1, 0], [0.5, 0.5], prevalence=0),
    ):
        with pytest.raises(ValueError, match="need"):
            wrong()
