"""Restricted maximum likelihood against analysis of variance in balanced data, and against the plain likelihood."""

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.readers.times.mixed_model import contrast_df, fit_reml


def _balanced(rng: np.random.Generator) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Two conditions, seven readers, nine cases, with every interaction; mean squares in the classical way."""
    shapes = {(1, 7, 1): 1.0, (1, 1, 9): 1.2, (2, 7, 1): 0.3, (2, 1, 9): 0.4, (1, 7, 9): 0.3, (2, 7, 9): 0.2}
    y = 4 + 0.3 * np.arange(2)[:, None, None] + sum(s * rng.standard_normal(shape) for shape, s in shapes.items())
    condition, reader, case = np.indices(y.shape).reshape(3, -1)
    return y, [reader, case, reader * 2 + condition, case * 2 + condition, reader * 9 + case], np.eye(2)[condition]


def test_in_balanced_data_it_is_the_analysis_of_variance() -> None:
    """Components from expected mean squares; the difference of conditions and its Satterthwaite df."""
    y, groupings, design = _balanced(np.random.default_rng(8))

    def mean(*axes: int) -> np.ndarray:
        return y.mean(axis=axes, keepdims=True)

    k, r, c, m = mean(1, 2), mean(0, 2), mean(0, 1), mean(0, 1, 2)
    kr, kc, rc = mean(2), mean(1), mean(0)
    squares = {
        "r": 18 * ((r - m) ** 2).sum() / 6,
        "c": 14 * ((c - m) ** 2).sum() / 8,
        "kr": 9 * ((kr - k - r + m) ** 2).sum() / 6,
        "kc": 7 * ((kc - k - c + m) ** 2).sum() / 8,
        "rc": 2 * ((rc - r - c + m) ** 2).sum() / 48,
        "e": ((y - kr - kc - rc + k + r + c - m) ** 2).sum() / 48,
    }
    expected = [
        (squares["r"] - squares["kr"] - squares["rc"] + squares["e"]) / 18,
        (squares["c"] - squares["kc"] - squares["rc"] + squares["e"]) / 14,
        (squares["kr"] - squares["e"]) / 9,
        (squares["kc"] - squares["e"]) / 7,
        (squares["rc"] - squares["e"]) / 2,
        squares["e"],
    ]
    assert min(expected) > 0  # else maximum likelihood is at a bound, and differs
    fit = fit_reml(y.ravel(), design, groupings)
    np.testing.assert_allclose(fit.variances, expected, rtol=2e-4)
    contrast = np.array([1.0, -1.0])
    spread = (squares["kr"] + squares["kc"] - squares["e"]) * 2 / 63
    assert contrast @ fit.effects == pytest.approx(y[0].mean() - y[1].mean(), rel=1e-9)
    assert contrast @ fit.covariance @ contrast == pytest.approx(spread, rel=2e-4)
    parts = squares["kr"] ** 2 / 6 + squares["kc"] ** 2 / 8 + squares["e"] ** 2 / 48
    assert contrast_df(fit, contrast) == pytest.approx((spread * 63 / 2) ** 2 / parts, rel=1e-3)


def test_in_data_with_gaps_it_maximises_the_plain_likelihood() -> None:
    """The likelihood with the whole covariance matrix, at the fit and a little away from it in every direction."""
    rng = np.random.default_rng(3)
    y, groupings, design = _balanced(rng)
    kept = rng.random(y.size) < 0.7
    values, X = y.ravel()[kept], design[kept]
    indicators = [np.eye(one.max() + 1)[one[kept]] for one in groupings]

    def deviance(variances: np.ndarray) -> float:
        V = variances[-1] * np.eye(len(values)) + sum(v * Z @ Z.T for v, Z in zip(variances, indicators, strict=False))
        inverse = np.linalg.inv(V)
        information = X.T @ inverse @ X
        rest = values - X @ np.linalg.solve(information, X.T @ inverse @ values)
        logs = np.linalg.slogdet(V)[1] + np.linalg.slogdet(information)[1]
        return float(logs + rest @ inverse @ rest + (len(values) - 2) * np.log(2 * np.pi))

    fit = fit_reml(values, X, [one[kept] for one in groupings])
    best = deviance(fit.variances)
    assert fit.deviance == pytest.approx(best, abs=1e-6)
    for index in range(6):
        for step in (-0.02, 0.02):
            away = fit.variances.copy()
            away[index] = max(0.0, away[index] + step * (away[index] + 0.02))
            assert deviance(away) >= best - 1e-6


def test_a_component_that_would_be_negative_is_none() -> None:
    """Within groups of two, one up and one down: groups are more alike than chance would have them."""
    fit = fit_reml([1, -1, 2, -2, 1.5, -1.5], np.ones((6, 1)), [[0, 0, 1, 1, 2, 2]])
    assert fit.variances[0] == 0
    assert fit.variances[1] == pytest.approx(np.var([1, -1, 2, -2, 1.5, -1.5], ddof=1), rel=1e-6)
    assert contrast_df(fit, [1.0]) == pytest.approx(5, rel=1e-4)


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(CohortError, match="too few readings"):
        fit_reml([1.0, 2.0], np.ones((2, 1)), [[0, 1]])
    with pytest.raises(CohortError, match="do not vary"):
        fit_reml([1.0] * 8, np.ones((8, 1)), [np.arange(8) // 2])
