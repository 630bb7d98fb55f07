"""Recalibration of several classes against scikit-learn and its own conditions; cross-fitting against a loop."""

import numpy as np
import pytest
from scipy.optimize import minimize

from pleura.evaluation.calibration.recalibration import cross_fitted, fit_recalibration
from pleura.evaluation.repeated.held_out import patient_folds


@pytest.fixture
def case(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Three classes; the probabilities are too sure, and the third class is twice as frequent as they say."""
    true_odds = rng.standard_normal((300, 3)) + np.array([0, 0, 0.7])
    p = np.exp(true_odds) / np.exp(true_odds).sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(3, p=row) for row in p])
    said = np.exp(2 * (true_odds - [0, 0, 0.7]))
    return truth, said / said.sum(axis=1, keepdims=True)


def _loss(q: np.ndarray, truth: np.ndarray) -> float:
    return float(-np.log(q[np.arange(len(truth)), truth]).mean())


@pytest.mark.parametrize("kind", ["shift", "temperature", "platt"])
def test_no_other_map_of_the_kind_fits_better(kind: str, case: tuple[np.ndarray, np.ndarray]) -> None:
    truth, p = case
    found = fit_recalibration(truth, p, kind)

    def loss(theta: np.ndarray) -> float:
        scale = 1.0 if kind == "shift" else theta[0]
        shifts = [0, 0, 0] if kind == "temperature" else [theta[1], theta[2], 0]
        eta = scale * np.log(p) + shifts
        return _loss(np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True), truth)

    best = minimize(loss, [1.0, 0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13}).fun
    assert _loss(found.apply(p), truth) == pytest.approx(best, abs=1e-8)
    np.testing.assert_allclose(found.apply(p).sum(axis=1), 1)


def test_what_was_done_to_the_probabilities_is_undone(case: tuple[np.ndarray, np.ndarray]) -> None:
    found = fit_recalibration(*case, "platt")
    assert found.scale == pytest.approx(0.5, abs=0.12)
    assert found.shifts[2] - found.shifts[0] == pytest.approx(0.7, abs=0.35)


def test_isotonic_is_the_best_rising_map() -> None:
    """By hand: said 0.1 0.2 0.3 0.4 with truths 0 1 0 1 pools the middle two to a half."""
    p = np.array([0.1, 0.2, 0.3, 0.4])
    both = np.stack([1 - p, p], axis=1)
    found = fit_recalibration([0, 1, 0, 1], both, "isotonic")
    np.testing.assert_allclose(found.apply(both)[:, 1], [0, 0.5, 0.5, 1])
    np.testing.assert_allclose(found.apply([[0.95, 0.05], [0.75, 0.25], [0.1, 0.9]])[:, 1], [0, 0.5, 1])


def test_each_case_is_mapped_by_the_others(case: tuple[np.ndarray, np.ndarray]) -> None:
    truth, p = case
    patients = [str(index // 2) for index in range(300)]
    found = cross_fitted(truth, p, "platt", patients=patients, folds=4, seed=2)
    fold = patient_folds(truth, patients, folds=4, seed=2)
    for one in range(4):
        out = fold == one
        np.testing.assert_allclose(found[out], fit_recalibration(truth[~out], p[~out], "platt").apply(p[out]))
    assert _loss(found, truth) < _loss(p, truth)


def test_what_cannot_be_learnt_is_refused(case: tuple[np.ndarray, np.ndarray]) -> None:
    truth, p = case
    with pytest.raises(ValueError, match="two classes"):
        fit_recalibration(truth, p, "isotonic")
    with pytest.raises(ValueError, match="among shift"):
        fit_recalibration(truth, p, "beta")
    with pytest.raises(ValueError, match="every class"):
        fit_recalibration(np.minimum(truth, 1), p, "platt")
    with pytest.raises(ValueError, match="add up to 1"):
        fit_recalibration(truth, 2 * p, "platt")
    both = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8]])
    with pytest.raises(ValueError, match="no end"):
        fit_recalibration([0, 0, 1, 1], both, "platt")
    with pytest.raises(ValueError, match="turns the order"):
        fit_recalibration([1, 0, 1, 0, 0], np.vstack([both, [[0.85, 0.15]]])[[0, 1, 2, 3, 2]], "temperature")
    with pytest.raises(ValueError, match=r"cases, 3"):
        fit_recalibration(truth, p, "platt").apply(both)
