"""Truth and scores in; the AUC with DeLong's variance and an interval out."""

from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.roc import auc

__all__ = ["Components", "auc_interval", "components", "covariance"]

KINDS = ("delong-logit", "delong")
"""Of intervals of an AUC; the first is the default."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Components:
    """The AUC of one or several scores on the same cases, and what each case contributes to it."""

    auc: Floats
    """(scores,)."""
    of_positives: Floats
    """(scores, positives): share of the negatives that each positive scores above, ties half."""
    of_negatives: Floats
    """(scores, negatives): share of the positives that score above each negative, ties half."""


def components(positive: npt.ArrayLike, scores: npt.ArrayLike) -> Components:
    """Split AUCs into the contributions of the cases, by mid-ranks: n log n in the number of cases.

    Parameters
    ----------
    positive : (cases,), true for the condition
    scores : (cases,) or (scores, cases), finite, higher for the condition

    Raises
    ------
    ValueError
        As in `auc`.

    References
    ----------
    X. Sun, W. Xu, Fast implementation of DeLong's algorithm for comparing the areas under correlated receiver
    operating characteristic curves, IEEE Signal Processing Letters 21 (2014) 1389-1393.
    """
    truth = np.asarray(positive, dtype=bool)
    values = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    areas = np.array([auc(truth, row) for row in values])
    n, m = int(truth.sum()), int((~truth).sum())
    among_all = rankdata(values, axis=1)
    above = (among_all[:, truth] - rankdata(values[:, truth], axis=1)) / m
    below = 1 - (among_all[:, ~truth] - rankdata(values[:, ~truth], axis=1)) / n
    return Components(areas, above, below)


def covariance(parts: Components) -> Floats:
    """Covariance of the AUCs of several scores on the same cases, (scores, scores).

    Raises
    ------
    ValueError
        If there are fewer than two cases with, or without, the condition.

    References
    ----------
    E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Comparing the areas under two or more correlated receiver
    operating characteristic curves: a nonparametric approach, Biometrics 44 (1988) 837-845.
    """
    n, m = parts.of_positives.shape[1], parts.of_negatives.shape[1]
    if min(n, m) < 2:
        raise ValueError(f"need two cases or more with and without the condition, got {n} and {m}")
    return np.asarray(
        np.atleast_2d(np.cov(parts.of_positives)) / n + np.atleast_2d(np.cov(parts.of_negatives)) / m, dtype=np.float64
    )


def auc_interval(
    positive: npt.ArrayLike, scores: npt.ArrayLike, *, kind: str = "delong-logit", confidence: float = 0.95
) -> Estimate:
    """AUC with an interval over cases, each of which must be a patient of its own.

    Where all pairs are in order (or none is) DeLong's variance is zero, and an interval of no width would be false. As
    many pairs as the smaller group has cases can be made without using a case twice; these are independent trials that
    succeed with probability AUC, all have succeeded, and Clopper and Pearson's exact interval for that many successes
    is given: wide, and right. With one case in a group and an AUC between 0 and 1, or with all scores equal, there is
    no interval.

    Parameters
    ----------
    positive : (cases,), true for the condition
    scores : (cases,), finite, higher for the condition
    kind : "delong-logit", symmetrical on the scale of the log odds; "delong", symmetrical and cut off at 0 and 1, as
        most programs have it. On normal scores with a true AUC of 0.86 and 40 cases in each group, intervals of 95 %
        held it in 95.3 % and 92.9 % of 4000 studies; with 0.96 in 94.3 % and 88.2 %
    confidence : between 0 and 1

    Raises
    ------
    ValueError
        As in `auc`; or if the kind or the confidence is none.

    References
    ----------
    DeLong and others as in `covariance`. The interval on the logit scale: M. S. Pepe, The Statistical Evaluation of
    Medical Tests for Classification and Prediction, Oxford 2003, chapter 5. C. J. Clopper, E. S. Pearson, Biometrika
    26 (1934) 404-413.

    Examples
    --------
    >>> str(auc_interval([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], kind="delong"))
    '0.889 (0.581 to 1.000)'
    """
    if kind not in KINDS:
        raise ValueError(f'need an interval of kind {" or ".join(KINDS)}, got "{kind}"')
    if not 0 < confidence < 1:
        raise ValueError(f"need a confidence between 0 and 1, got {confidence}")
    parts = components(positive, scores)
    area = float(parts.auc[0])
    smaller = min(parts.of_positives.shape[1], parts.of_negatives.shape[1])
    if area in (0.0, 1.0):
        reach = ((1 - confidence) / 2) ** (1 / smaller)
        low, high = (reach, 1.0) if area == 1 else (0.0, 1 - reach)
        return Estimate(area, low, high, "exact-pairs")
    if smaller < 2:
        return Estimate(area, None, None, "none")
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * sqrt(float(covariance(parts)[0, 0]))
    if half < 1e-12:  # all scores equal
        return Estimate(area, None, None, "none")
    if kind == "delong":
        return Estimate(area, max(0.0, area - half), min(1.0, area + half), kind)
    odds, half = log(area / (1 - area)), half / (area * (1 - area))
    return Estimate(area, 1 / (1 + exp(half - odds)), 1 / (1 + exp(-half - odds)), kind)
