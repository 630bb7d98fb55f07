"""A program beside readers: differences by hand, and its intervals in simulated studies."""

import numpy as np
import pytest

from pleura.evaluation.readers.mrmc.alone import against_each, against_mean
from pleura.evaluation.readers.mrmc.merits import error_covariance, figures_of_merit
from pleura.evaluation.readers.mrmc.obuchowski_rockette import each_condition
from pleura.evaluation.readers.mrmc.roe_metz import ROE_METZ, simulate_scores


def test_a_program_that_never_errs_adds_no_variance() -> None:
    """Its area is 1 whatever the cases, so the difference is 1 minus the readers' mean, as precise as that mean is."""
    scores, positive = simulate_scores(ROE_METZ["LL 1.5"], readers=4, positives=20, negatives=30, seed=3)
    readers = scores[0, :1]
    both = np.concatenate([np.where(positive, 9.0, 0.0)[None, None], readers], axis=1)
    figures = figures_of_merit(both, positive)
    found = against_mean(figures.value[0], error_covariance(figures))
    alone = figures_of_merit(readers, positive)
    expected = each_condition(alone.value, error_covariance(alone))
    assert float(found.value[0]) == pytest.approx(1 - float(expected.value[0]), rel=1e-12)
    np.testing.assert_allclose((found.error, found.df), (expected.error, expected.df), rtol=1e-9)


def test_against_each_by_hand() -> None:
    """Variance of a difference: both variances minus twice the covariance."""
    covariance = np.array([[4.0, 1.0, 2.0], [1.0, 9.0, 0.0], [2.0, 0.0, 4.0]])
    found = against_each([10.0, 4.0, 10.0], covariance)
    np.testing.assert_allclose(found.value, [6, 0])
    np.testing.assert_allclose(found.error**2, [11, 4])
    np.testing.assert_allclose(found.high[1], 1.959963984540054 * 2)
    assert found.p[1] == pytest.approx(1)


def test_a_program_that_answers_as_the_reader_has_no_interval() -> None:
    found = against_each([0.8, 0.8], np.full((2, 2), 0.01))
    assert float(found.value[0]) == 0
    assert np.isnan(found.low[0])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="the program and a reader"):
        against_mean([0.8], np.eye(1))
