"""Counts in; likelihood ratios, and predictive values at a given prevalence, with intervals out."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isinf, isnan, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from pleura.evaluation.intervals.estimate import Estimate, percentile

__all__ = ["LikelihoodRatios", "clustered_ratios", "likelihood_ratios", "npv_at", "ppv_at", "ratio"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LikelihoodRatios:
    """How much an answer multiplies the odds of the condition; None where it is undefined."""

    positive: Estimate | None
    """Sensitivity / (1 - specificity); infinite without a false positive."""
    negative: Estimate | None
    """(1 - sensitivity) / specificity; infinite where every case is called positive."""


def likelihood_ratios(
    true_positive: int, positives: int, false_positive: int, negatives: int, *, confidence: float = 0.95
) -> LikelihoodRatios:
    """Likelihood ratios of a positive and a negative answer, with score intervals as in `ratio`.

    Parameters
    ----------
    true_positive, positives : cases with the condition that are called so, and all of them
    false_positive, negatives : cases without the condition that are called so, and all of them
    confidence : of the intervals

    Raises
    ------
    ValueError
        As `ratio`.

    Examples
    --------
    >>> str(likelihood_ratios(90, 100, 20, 100).positive)
    '4.500 (3.094 to 6.780)'
    """
    missed, right = positives - true_positive, negatives - false_positive
    return LikelihoodRatios(
        ratio(true_positive, positives, false_positive, negatives, confidence=confidence),
        ratio(missed, positives, right, negatives, confidence=confidence),
    )


def clustered_ratios(
    true_positive: int,
    positives: int,
    false_positive: int,
    negatives: int,
    sensitivities: npt.NDArray[np.float64],
    specificities: npt.NDArray[np.float64],
    *,
    patients: int,
    confidence: float = 0.95,
) -> LikelihoodRatios:
    """Likelihood ratios over cases of which several may be of one patient: percentiles of resamples of patients.

    Parameters
    ----------
    true_positive, positives, false_positive, negatives : as in `likelihood_ratios`, positives and negatives above 0
    sensitivities, specificities : (resamples,), NaN where undefined
    patients : in the smaller of the two groups
    confidence : of the intervals
    """
    sensitivity, false = true_positive / positives, false_positive / negatives

    def made(above: float, below: float, resampled_above: Array, resampled_below: Array) -> Estimate | None:
        if above == below == 0:
            return None
        # a / (a + b) rises with a / b and stays finite: percentiles are taken of it, and carried back.
        total = resampled_above + resampled_below
        share = resampled_above / np.where(total > 0, total, np.nan)
        found = percentile(above / (above + below), share, patients=patients, confidence=confidence)
        assert found is not None
        low, high = (None if end is None else _odds(end) for end in (found.low, found.high))
        return Estimate(_odds(found.value), low, high, found.method)

    return LikelihoodRatios(
        made(sensitivity, false, sensitivities, 1 - specificities),
        made(1 - sensitivity, 1 - false, 1 - sensitivities, specificities),
    )


def ratio(
    hits_first: int, total_first: int, hits_second: int, total_second: int, *, confidence: float = 0.95
) -> Estimate | None:
    """Ratio of two independent proportions with the score interval: all ratios that a score test would not reject.

    Unlike the usual interval on the logarithm, it needs no correction where a count is 0.

    Parameters
    ----------
    hits_first, total_first, hits_second, total_second : counts, 0 <= hits <= total and total > 0
    confidence : between 0 and 1

    Returns
    -------
    None where both proportions are 0; an infinite value and upper end where the second one is.

    Raises
    ------
    ValueError
        If the counts are no proportions, or the confidence no probability.

    References
    ----------
    P. A. R. Koopman, Confidence intervals for the ratio of two binomial proportions, Biometrics 40 (1984) 513-517. On
    the logarithm: D. L. Simel, G. P. Samsa, D. B. Matchar, Likelihood ratios with confidence: sample size estimation
    for diagnostic test studies, Journal of Clinical Epidemiology 44 (1991) 763-770.
    """
    for hits, total in ((hits_first, total_first), (hits_second, total_second)):
        if not 0 <= hits <= total or total == 0:
            raise ValueError(f"need 0 <= hits <= total and total > 0, got {hits}/{total}")
    if not 0 < confidence < 1:
        raise ValueError(f"need a confidence between 0 and 1, got {confidence}")
    if hits_first == hits_second == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    excess = _score_excess(hits_first, total_first, hits_second, total_second, z)
    first, second = hits_first / total_first, hits_second / total_second
    value = first / second if second > 0 else inf
    low, high = 0.0, inf
    if hits_first > 0:
        start = value if not isinf(value) else 1.0
        while isinf(value) and excess(start) > 0:
            start *= 2
        low = _root(excess, start, 0.5)
    if hits_second > 0:
        start = value if value > 0 else 1.0
        while value == 0 and excess(start) > 0:
            start /= 2
        high = _root(excess, start, 2.0)
    return Estimate(value, low, high, "score")


def ppv_at(prevalence: float, positive: Estimate | None) -> Estimate | None:
    """Positive predictive value at a prevalence that is taken as known, from the likelihood ratio of a positive answer.

    By Bayes' theorem the odds of the condition are those of the prevalence times the ratio. The step from ratio to
    value only rises, so the interval of the ratio is carried over as it is.

    Parameters
    ----------
    prevalence : between 0 and 1
    positive : likelihood ratio; None gives None

    Raises
    ------
    ValueError
        If the prevalence is none.

    References
    ----------
    N. D. Mercaldo, K. F. Lau, X. H. Zhou, Confidence intervals for predictive values with an emphasis to case-control
    studies, Statistics in Medicine 26 (2007) 2170-2183: on the logit scale, which is the same as the logarithm of the
    ratio; here with the score interval in its place.

    Examples
    --------
    >>> ppv_at(0.2, Estimate(4.0, 1.0, 16.0, "score"))
    Estimate(value=0.5, low=0.2, high=0.8, method='score')
    """
    return _carried(prevalence, positive, falls=False)


def npv_at(prevalence: float, negative: Estimate | None) -> Estimate | None:
    """Negative predictive value at a prevalence, from the likelihood ratio of a negative answer; else as `ppv_at`.

    Examples
    --------
    >>> npv_at(0.5, Estimate(0.25, 0.0, 1.0, "score"))
    Estimate(value=0.8, low=0.5, high=1.0, method='score')
    """
    return _carried(prevalence, negative, falls=True)


def _carried(prevalence: float, found: Estimate | None, *, falls: bool) -> Estimate | None:
    if not 0 < prevalence < 1:
        raise ValueError(f"need a prevalence between 0 and 1, got {prevalence}")
    if found is None or isnan(found.value):
        return None

    def chance(times: float) -> float:
        with_condition = 1.0 if isinf(times) else prevalence * times / (prevalence * times + 1 - prevalence)
        return 1 - with_condition if falls else with_condition

    if found.low is None or found.high is None:
        return Estimate(chance(found.value), None, None, found.method)
    low, high = sorted((chance(found.low), chance(found.high)))
    return Estimate(chance(found.value), low, high, found.method)


def _score_excess(x: int, n: int, y: int, m: int, z: float) -> Callable[[float], float]:
    """Chi-square of each true ratio less its quantile; 0 at the ends of the interval, below 0 inside."""

    def excess(theta: float) -> float:
        # Maximum of the likelihood with the first proportion `theta` times the second: a quadratic's smaller root.
        a, b, c = (n + m) * theta, n * theta + x + m + y * theta, x + y
        second = (b - sqrt(max(0.0, b * b - 4 * a * c))) / (2 * a)
        second = min(second, 1.0, 1 / theta)
        first = theta * second
        return _term(x, n, first) + _term(y, m, second) - z * z

    return excess


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else inf


def _term(hits: int, total: int, share: float) -> float:
    """Squared distance of a count from its mean, over its variance."""
    spread = total * share * (1 - share)
    if spread < 1e-300:
        return 0.0 if abs(hits - total * share) < 1e-9 else inf
    return (hits - total * share) ** 2 / spread


def _root(excess: Callable[[float], float], inside: float, factor: float) -> float:
    """Step outwards from a ratio inside the interval until it is left, then find the end between."""
    outside = inside * factor
    while excess(outside) <= 0:
        inside, outside = outside, outside * factor
        if not 1e-300 < outside < 1e300:
            return 0.0 if factor < 1 else inf
    return float(brentq(excess, inside, outside, xtol=1e-14, rtol=1e-12))
