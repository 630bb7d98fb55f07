"""Truth and probabilities in; calibration intercept and slope with intervals out."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from pleura.evaluation.calibration.reliability import checked
from pleura.evaluation.intervals.bootstrap import count_patients, repeats, resample_weights
from pleura.evaluation.intervals.estimate import Estimate, percentile

__all__ = ["CalibrationSlope", "calibration_slope", "log_odds"]

Floats = npt.NDArray[np.float64]

CLIP = 1e-6
"""Probabilities are taken as at least this and at most 1 - this, since the log odds of 0 and 1 are infinite."""


@dataclass(frozen=True)
class CalibrationSlope:
    """Logistic regression of the truth on the log odds of the probability."""

    intercept: Estimate
    """With the slope held at 1: above 0, the condition is more frequent than the probabilities say."""
    slope: Estimate
    """1 is right; below 1 probabilities are too extreme, above 1 too timid."""
    observed: float
    """Share of cases with the condition."""
    said: float
    """Mean probability."""


def log_odds(probabilities: Floats) -> Floats:
    """Natural logarithm of p / (1 - p), with probabilities of 0 and 1 moved in by a millionth."""
    p = np.clip(probabilities, CLIP, 1 - CLIP)
    return np.asarray(np.log(p) - np.log1p(-p))


def calibration_slope(
    positive: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    patients: Sequence[str] | None = None,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> CalibrationSlope:
    """Calibration in the large, and calibration slope.

    Intervals are Wald's; where a patient has several cases, they are percentiles of resamples of patients.

    Parameters
    ----------
    positive, probabilities : as in `reliability_bins`, with cases on both sides
    patients : (cases,), or None where each case is a patient of its own
    confidence, resamples, seed : of the intervals

    Raises
    ------
    ValueError
        As `reliability_bins`; or where the fit has no end: one side is empty, all probabilities are equal, or a cut-off
        separates the two sides without an error.

    References
    ----------
    D. R. Cox, Two further applications of a model for binary regression, Biometrika 45 (1958) 562-565. B. Van Calster
    and others, Calibration: the Achilles heel of predictive analytics, BMC Medicine 17 (2019) 230.
    """
    truth, p = checked(positive, probabilities)
    x = log_odds(p)
    _check_fit(truth, x)
    once = np.ones((1, len(p)))
    level, level_error = _fit(truth, np.zeros((len(p), 0)), x, once)
    line, line_error = _fit(truth, x[:, None], np.zeros(len(p)), once)
    values, errors = (float(level[0, 0]), float(line[0, 1])), (float(level_error[0, 0]), float(line_error[0, 1]))
    if repeats(patients):
        weights = resample_weights(truth, patients, resamples=resamples, seed=seed)
        fewest = min(count_patients(side, patients) for side in (truth, ~truth))
        drawn = (
            _fit(truth, np.zeros((len(p), 0)), x, weights)[0][:, 0],
            _fit(truth, x[:, None], np.zeros(len(p)), weights)[0][:, 1],
        )
        made = [
            percentile(value, each, patients=fewest, confidence=confidence)
            for value, each in zip(values, drawn, strict=True)
        ]
    else:
        z = NormalDist().inv_cdf(0.5 + confidence / 2)
        made = [Estimate(v, v - z * e, v + z * e, "wald") for v, e in zip(values, errors, strict=True)]
    assert made[0] is not None
    assert made[1] is not None
    return CalibrationSlope(made[0], made[1], float(truth.mean()), float(p.mean()))


def _check_fit(truth: npt.NDArray[np.bool_], x: Floats) -> None:
    if truth.all() or not truth.any():
        raise ValueError(f"need cases with and without the condition, got {truth.sum()} and {(~truth).sum()}")
    if np.ptp(x) < 1e-12:
        raise ValueError("all probabilities are equal, so that there is no slope; need some that differ")
    above, below = x[truth], x[~truth]
    if above.min() >= below.max() or above.max() <= below.min():
        raise ValueError(
            "a cut-off separates cases with and without the condition, so that the slope has no end; need more cases"
        )


def _fit(truth: npt.NDArray[np.bool_], columns: Floats, offset: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Fit weighted logistic regressions by Newton's method, all weightings at once.

    Gives coefficients and standard errors, (weightings, 1 + columns), the intercept first; NaN where a fit has no end.
    """
    design = np.concatenate([np.ones((len(truth), 1)), columns], axis=1)
    size = design.shape[1]
    beta = np.zeros((len(weights), size))
    information = np.zeros((len(weights), size, size))
    step = np.full_like(beta, np.inf)
    for _ in range(60):
        eta = np.clip(beta @ design.T + offset, -500, 500)
        mean = 1 / (1 + np.exp(-eta))
        spread = weights * mean * (1 - mean)
        information = np.einsum("bn,ni,nj->bij", spread, design, design, optimize=True)
        gradient = (weights * (truth - mean)) @ design
        information += 1e-12 * np.eye(size)
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        step *= np.minimum(1, 5 / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-300))
        beta += step
        if np.abs(step).max() < 1e-11:
            break
    errors = np.sqrt(np.diagonal(np.linalg.inv(information), axis1=1, axis2=2))
    endless = (np.abs(step).max(axis=1) > 1e-6) | (np.abs(beta).max(axis=1) > 1e3)
    beta[endless] = np.nan
    return beta, errors
