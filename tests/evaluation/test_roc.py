"""The empirical ROC curve against a pairwise count, scikit-learn, and repeated cases."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_curve

from pleura.evaluation.roc import auc, roc_curve, sensitivity_at, weighted_auc, weighted_roc


@pytest.fixture
def tied(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.random(60) < 0.4, rng.integers(0, 8, 60) / 8


def test_auc_is_the_share_of_pairs_in_order(tied: tuple[np.ndarray, np.ndarray]) -> None:
    truth, scores = tied
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[truth] for b in scores[~truth]]
    assert auc(truth, scores) == pytest.approx(np.mean(pairs), abs=1e-12)
    assert auc(truth, scores) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)


def test_curve_has_the_points_of_scikit_learn(tied: tuple[np.ndarray, np.ndarray]) -> None:
    false, true, thresholds = sklearn_curve(*tied, drop_intermediate=False)
    curve = roc_curve(*tied)
    np.testing.assert_allclose(curve.sensitivity, true)
    np.testing.assert_allclose(1 - curve.specificity, false, atol=1e-15)
    np.testing.assert_array_equal(curve.thresholds, thresholds)


def test_a_weight_counts_as_so_many_copies_of_the_case(
    tied: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> None:
    truth, scores = tied
    weights = rng.integers(0, 4, (5, 60)).astype(float)
    expected = [auc(np.repeat(truth, row.astype(int)), np.repeat(scores, row.astype(int))) for row in weights]
    np.testing.assert_allclose(weighted_auc(truth, scores, weights), expected, atol=1e-12)


def test_a_weighting_without_positives_has_no_area(tied: tuple[np.ndarray, np.ndarray]) -> None:
    truth, scores = tied
    assert np.isnan(weighted_auc(truth, scores, (~truth).astype(float)[None]))[0]


def test_sensitivity_at_a_specificity_by_hand() -> None:
    # Thresholds from the top: 4 (+), 3 (-), 2 (+), 1 (-). Specificity 1, 0.5, 0.5, 0.
    true, false = weighted_roc([1, 0, 1, 0], [4, 3, 2, 1], np.ones((1, 4)))
    for wanted, expected in ((1.0, 0.5), (0.75, 0.5), (0.5, 1.0), (0.0, 1.0)):
        assert sensitivity_at([wanted], true, false) == pytest.approx([expected])


@pytest.mark.parametrize(("truth", "scores"), [([True], [0.5]), ([True, False], [0.5, np.nan]), ([True, False], [0.1])])
def test_auc_refuses_what_has_none(truth: list[bool], scores: list[float]) -> None:
    with pytest.raises(ValueError, match="need"):
        auc(truth, scores)
