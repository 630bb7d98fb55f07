"""The four counts and their ratios against scikit-learn, and a weight as so many copies."""

import numpy as np
import pytest
from sklearn import metrics

from pleura.evaluation.counts import count


def test_against_scikit_learn(rng: np.random.Generator) -> None:
    truth, said = rng.integers(0, 3, 120), rng.integers(0, 3, 120)
    weights = np.stack([np.ones(120), rng.integers(0, 3, 120)])
    found = count(truth[:, None] == np.arange(3), said[:, None] == np.arange(3), weights)
    for row, weight in enumerate(weights.astype(int)):
        t, s = np.repeat(truth, weight), np.repeat(said, weight)
        np.testing.assert_allclose(found.sensitivity[row], metrics.recall_score(t, s, average=None))
        np.testing.assert_allclose(found.ppv[row], metrics.precision_score(t, s, average=None))
        np.testing.assert_allclose(found.f1[row], metrics.f1_score(t, s, average=None))
        for k in range(3):
            specificity = metrics.recall_score(t != k, s != k)
            assert found.specificity[row, k] == pytest.approx(specificity)
            assert found.npv[row, k] == pytest.approx(metrics.precision_score(t != k, s != k))


def test_where_there_is_nothing_to_count_there_is_no_ratio() -> None:
    found = count(np.array([[True, False]] * 2), np.array([[True, False]] * 2), np.ones((1, 2)))
    np.testing.assert_array_equal(found.sensitivity, [[1, np.nan]])
    np.testing.assert_array_equal(found.specificity, [[np.nan, 1]])
    np.testing.assert_array_equal(found.f1, [[1, np.nan]])


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="need"):
        count(np.ones((2, 2), bool), np.ones((2, 3), bool), np.ones((1, 2)))
