"""Figures of merit and their covariance against leaving cases out one by one, and against the intervals' DeLong."""

import numpy as np
import pytest

from pleura.evaluation.intervals.delong import components, covariance
from pleura.evaluation.readers.mrmc.merits import error_covariance, figures_of_merit
from pleura.evaluation.roc import auc

POSITIVE = np.arange(25) % 5 < 2


@pytest.fixture
def ratings(rng: np.random.Generator) -> np.ndarray:
    """Two conditions, three readers, 25 cases; ratings from 0 to 4, so that many tie."""
    return np.clip(rng.normal(1.2 * POSITIVE, 1, (2, 3, 25)).round() + 1, 0, 4)


def test_areas_are_the_pairs_won(ratings: np.ndarray) -> None:
    found = figures_of_merit(ratings, POSITIVE).value
    for place in np.ndindex(2, 3):
        assert found[place] == pytest.approx(auc(POSITIVE, ratings[place]), abs=1e-14)


def test_delong_is_that_of_the_intervals(ratings: np.ndarray) -> None:
    expected = covariance(components(POSITIVE, ratings.reshape(6, 25)))
    np.testing.assert_allclose(error_covariance(figures_of_merit(ratings, POSITIVE)), expected, atol=1e-15)


@pytest.mark.parametrize("merit", ["auc", "sensitivity", "specificity"])
def test_the_jackknife_leaves_one_case_out_after_another(ratings: np.ndarray, merit: str) -> None:
    """The slow way; a rate is about cases of one kind, and only these are left out."""
    values = ratings if merit == "auc" else (ratings >= 2).astype(float)
    about = {"auc": np.full(25, True), "sensitivity": POSITIVE, "specificity": ~POSITIVE}[merit]
    without = []
    for case in np.flatnonzero(about):
        kept = np.arange(25) != case
        without.append(figures_of_merit(values[..., kept], POSITIVE[kept], merit).value.ravel())
    left = np.array(without) - np.mean(without, axis=0)
    expected = (len(left) - 1) / len(left) * left.T @ left
    found = figures_of_merit(values, POSITIVE, merit)
    np.testing.assert_allclose(error_covariance(found, "jackknife"), expected, atol=1e-14)
    if merit != "auc":
        np.testing.assert_allclose(error_covariance(found, "delong"), expected, atol=1e-14)


def test_what_is_wrong_is_refused(ratings: np.ndarray) -> None:
    with pytest.raises(ValueError, match="need calls of 0 and 1"):
        figures_of_merit(ratings, POSITIVE, "sensitivity")
    with pytest.raises(ValueError, match="need a figure of merit"):
        figures_of_merit(ratings, POSITIVE, "kappa")
    with pytest.raises(ValueError, match="two cases or more"):
        figures_of_merit(ratings, np.arange(25) < 1)
    with pytest.raises(ValueError, match="finite"):
        figures_of_merit(np.where(ratings > 3, np.nan, ratings), POSITIVE)
    with pytest.raises(ValueError, match="need a covariance"):
        error_covariance(figures_of_merit(ratings, POSITIVE), "bootstrap")
