import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from pleura.training.clinical.logistic import fit_logistic


class _Score(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose decision value is its input."""

    classes_ = np.array([False, True])

    def fit(self, x: object, y: object) -> "_Score":
        self.fitted_ = True
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        return x[:, 0] > 0

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        return x[:, 0]


def test_platts_coefficients_are_scikit_learns(rng: np.random.Generator) -> None:
    truth = rng.random(200) < 0.3
    scores = 2 * truth + rng.normal(size=200)
    fitted = CalibratedClassifierCV(FrozenEstimator(_Score().fit(None, None)), method="sigmoid").fit(
        scores[:, None], truth
    )
    curve = fitted.calibrated_classifiers_[0].calibrators[0]
    base, factor = fit_logistic(scores, truth)
    assert (base, factor) == pytest.approx((-curve.b_, -curve.a_), abs=2e-3)  # its optimiser stops early


def test_the_gradient_is_zero_at_the_fit_of_two_scores(rng: np.random.Generator) -> None:
    truth = rng.random(80) < 0.6
    scores = rng.normal(size=(80, 2)) * [1, 100] + truth[:, None] * [1, 50] + [5, 0]
    found = fit_logistic(scores, truth)
    n, m = truth.sum(), (~truth).sum()
    wanted = np.where(truth, (n + 1) / (n + 2), 1 / (m + 2))
    z = np.concatenate([np.ones((80, 1)), scores], axis=1)
    np.testing.assert_allclose(z.T @ (expit(z @ found) - wanted), 0, atol=1e-7)


def test_scores_without_an_error_have_an_end() -> None:
    base, factor = fit_logistic([-2.0, -1.0, 1.0, 2.0], [False, False, True, True])
    assert 0.7 < expit(base + 2 * factor) < 1
    assert base == pytest.approx(0, abs=1e-9)
    assert fit_logistic([3.0, 3.0, 3.0], [True, False, False])[1] == pytest.approx(0, abs=1e-9)


def test_no_score_counts_against_what_it_says(rng: np.random.Generator) -> None:
    truth = rng.random(300) < 0.4
    good, bad = 1.0 * truth + rng.normal(size=300), -1.0 * truth + rng.normal(size=300)
    base, first, second = fit_logistic(np.stack([good, bad], axis=1), truth)
    assert second == 0
    assert (base, first) == pytest.approx(tuple(fit_logistic(good, truth)), abs=1e-9)
    base, factor = fit_logistic(bad, truth)
    wanted = np.where(truth, (truth.sum() + 1) / (truth.sum() + 2), 1 / ((~truth).sum() + 2))
    assert (expit(base), factor) == pytest.approx((wanted.mean(), 0), abs=1e-9)


@pytest.mark.parametrize(
    ("scores", "positive"), [([1.0, 2.0], [True, True]), ([np.nan, 1.0], [True, False]), ([1.0], [True, False])]
)
def test_what_cannot_be_fitted_is_refused(scores: list[float], positive: list[bool]) -> None:
    with pytest.raises(ValueError, match="cases of both classes"):
        fit_logistic(scores, positive)
