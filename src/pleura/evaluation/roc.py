"""Truth and scores in; the empirical ROC curve, its area, and its points under resampling weights out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

__all__ = ["AT_ONCE", "RocCurve", "auc", "roc_curve", "sensitivity_at", "weighted_auc", "weighted_roc"]

Floats = npt.NDArray[np.float64]

AT_ONCE = 4_000_000
"""Weights that are looked at in one piece, so that large tables do not fill the memory."""


@dataclass(frozen=True, eq=False)
class RocCurve:
    """The points of an empirical ROC curve, from the strictest threshold to the loosest."""

    thresholds: Floats
    """(points,), falling; a case is called positive at a score of at least this; the first is infinity."""
    sensitivity: Floats
    """(points,), from 0 to 1."""
    specificity: Floats
    """(points,), from 1 to 0."""


def auc(positive: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Area under the empirical ROC curve: the probability that a positive scores above a negative, ties counted half.

    Parameters
    ----------
    positive : (cases,), true for the condition
    scores : (cases,), finite, higher for the condition

    Raises
    ------
    ValueError
        If one of the two groups is empty, shapes differ, or a score is not finite.

    References
    ----------
    J. A. Hanley, B. J. McNeil, Radiology 143 (1982) 29-36.

    Examples
    --------
    >>> auc([True, True, False, False], [0.9, 0.4, 0.4, 0.1])
    0.875
    """
    truth, values = _checked(positive, scores)
    n, m = int(truth.sum()), int((~truth).sum())
    return float((rankdata(values)[truth].sum() - n * (n + 1) / 2) / (n * m))


def roc_curve(positive: npt.ArrayLike, scores: npt.ArrayLike) -> RocCurve:
    """Draw the empirical ROC curve with one point a distinct score; parameters and refusals as in `auc`.

    Examples
    --------
    >>> roc_curve([True, True, False, False], [0.9, 0.4, 0.4, 0.1]).sensitivity
    array([0. , 0.5, 1. , 1. ])
    """
    truth, values = _checked(positive, scores)
    sensitivity, false = weighted_roc(truth, values, np.ones((1, len(values))))
    return RocCurve(np.append(np.inf, np.unique(values)[::-1]), sensitivity[0], 1 - false[0])


def sensitivity_at(specificity: npt.ArrayLike, sensitivities: Floats, false_positive_rates: Floats) -> Floats:
    """Find the highest sensitivity of curves at a specificity of at least so much; nothing is interpolated.

    Parameters
    ----------
    specificity : (curves,), 0 to 1, what each curve has to keep
    sensitivities, false_positive_rates : (curves, points), rising, as from `weighted_roc`
    """
    wanted = np.asarray(specificity, dtype=np.float64)[:, None]
    kept = 1 - false_positive_rates >= wanted - 1e-12
    return np.asarray(np.where(kept, sensitivities, 0.0).max(axis=1))


def weighted_roc(positive: npt.ArrayLike, scores: npt.ArrayLike, weights: Floats) -> tuple[Floats, Floats]:
    """Sensitivity and false positive rate at every distinct score, for many weightings of the same cases at once.

    Parameters
    ----------
    positive, scores : as in `auc`
    weights : (weightings, cases), how often each case counts, 0 or more

    Returns
    -------
    Both (weightings, distinct scores + 1), rising from 0 to 1; NaN for a weighting that leaves a group empty.
    """
    truth, values = _checked(positive, scores)
    order = np.argsort(-values, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(values[order]) != 0, True))  # last case of each run of equal scores
    rates = []
    for group in (truth, ~truth):
        counted = np.cumsum(weights[:, order] * group[order], axis=1)
        total = counted[:, -1:]
        share = counted[:, ends] / np.where(total > 0, total, np.nan)
        rates.append(np.concatenate([0 * share[:, :1], share], axis=1))
    return rates[0], rates[1]


def weighted_auc(positive: npt.ArrayLike, scores: npt.ArrayLike, weights: Floats) -> Floats:
    """AUC of each weighting, (weightings,); NaN where a group is empty; parameters as in `weighted_roc`."""
    many = max(1, AT_ONCE // max(1, weights.shape[1]))
    found = np.empty(len(weights))
    for start in range(0, len(weights), many):
        sensitivity, false = weighted_roc(positive, scores, weights[start : start + many])
        heights = (sensitivity[:, 1:] + sensitivity[:, :-1]) / 2
        found[start : start + many] = (np.diff(false, axis=1) * heights).sum(axis=1)
    return found


def _checked(positive: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[npt.NDArray[np.bool_], Floats]:
    truth = np.asarray(positive, dtype=bool)
    values = np.asarray(scores, dtype=np.float64)
    if truth.shape != values.shape or truth.ndim != 1:
        raise ValueError(f"need one score a case, got shapes {truth.shape} and {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("need finite scores, got NaN or infinity")
    n, m = int(truth.sum()), int((~truth).sum())
    if n == 0 or m == 0:
        raise ValueError(f"need cases with and without the condition, got {n} and {m}")
    return truth, values
