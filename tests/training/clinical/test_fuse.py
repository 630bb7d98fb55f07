import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pleura.models.clinical_svm.fusion import logit
from pleura.training.clinical.fuse import fit_fusion


def test_fusion_is_nearly_an_unpenalised_logistic_regression_on_both_log_odds(rng: np.random.Generator) -> None:
    truth = rng.random(4000) < 0.4
    ct, clinical = (1 / (1 + np.exp(-(2 * truth - 1 + 1.5 * rng.normal(size=4000)))) for _ in range(2))
    ct[:100] = np.nan
    found = fit_fusion(ct, clinical, truth)
    scores = np.stack([logit(ct[100:]), logit(clinical[100:])], axis=1)
    both = LogisticRegression(C=1e9, tol=1e-10).fit(scores, truth[100:])
    alone = LogisticRegression(C=1e9, tol=1e-10).fit(scores[:, :1], truth[100:])
    # truths are softened by one case in two thousand, which moves coefficients by about as much
    assert (found.base, found.ct, found.clinical) == pytest.approx((both.intercept_[0], *both.coef_[0]), abs=5e-3)
    assert (found.ct_shift, found.ct_slope) == pytest.approx((alone.intercept_[0], alone.coef_[0, 0]), abs=5e-3)


def test_a_ct_model_that_is_too_sure_is_calibrated_before_the_average(rng: np.random.Generator) -> None:
    truth = rng.random(1000) < 0.5
    honest = 1 / (1 + np.exp(-(truth * 2.0 - 1 + rng.normal(size=1000))))
    boastful = 1 / (1 + np.exp(-3 * logit(honest)))
    clinical = rng.random(1000)
    first, second = (fit_fusion(ct, clinical, truth) for ct in (honest, boastful))
    inside = (boastful > 2e-4) & (boastful < 1 - 2e-4)  # beyond, log odds are cut off
    np.testing.assert_allclose(
        first.combine("average", honest[inside], clinical[inside]),
        second.combine("average", boastful[inside], clinical[inside]),
        atol=0.02,
    )
