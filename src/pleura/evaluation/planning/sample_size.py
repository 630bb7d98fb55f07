"""An expected value and the width that its interval may have in; how many cases are needed out."""

from collections.abc import Callable
from math import ceil, exp, log, sqrt
from statistics import NormalDist

from scipy.stats import binom

from pleura.evaluation.intervals.proportions import clopper_pearson, wilson

__all__ = ["auc_variance", "cases_for_auc", "cases_for_proportion", "cases_in_all"]

MOST = 10_000_000
"""Cases beyond which no answer is given."""


def cases_for_proportion(expected: float, width: float, *, kind: str = "wilson", confidence: float = 0.95) -> int:
    """Cases with the condition for a sensitivity, or without it for a specificity, whose interval is to be so narrow.

    The smallest number from which on the interval around the expected share is at most `width` wide. A study's own
    interval is wider or narrower than that, as chance will have it: about as often one as the other.

    Parameters
    ----------
    expected : the proportion that is expected, 0 to 1
    width : of the whole interval, from end to end, between 0 and 1
    kind : "wilson" or "clopper-pearson"
    confidence : of the interval

    Raises
    ------
    ValueError
        If a number or the kind is none, or more than ten million cases would be needed.

    Examples
    --------
    >>> cases_for_proportion(0.9, 0.1)
    141
    """
    makers = {"wilson": wilson, "clopper-pearson": clopper_pearson}
    if kind not in makers:
        raise ValueError(f'need an interval of kind {" or ".join(makers)}, got "{kind}"')
    _check(expected, width, confidence)

    def found(total: int) -> float:
        interval = makers[kind](expected * total, total, confidence=confidence)
        return interval.high - interval.low

    return _smallest(found, width)


def auc_variance(area: float, positives: float, negatives: float) -> float:
    """Variance that an AUC of continuous scores will have, by Hanley and McNeil's formula.

    Parameters
    ----------
    area : expected AUC, between 0 and 1
    positives, negatives : cases with and without the condition, 1 or more

    References
    ----------
    J. A. Hanley, B. J. McNeil, The meaning and use of the area under a receiver operating characteristic (ROC) curve,
    Radiology 143 (1982) 29-36.

    Examples
    --------
    >>> round(auc_variance(0.8, 50, 50) ** 0.5, 4)
    0.0445
    """
    of_positives = area / (2 - area) - area**2
    of_negatives = 2 * area**2 / (1 + area) - area**2
    return (area * (1 - area) + (positives - 1) * of_positives + (negatives - 1) * of_negatives) / (
        positives * negatives
    )


def cases_for_auc(
    expected: float, width: float, *, prevalence: float = 0.5, kind: str = "delong-logit", confidence: float = 0.95
) -> tuple[int, int]:
    """Cases with and without the condition for an AUC whose interval is to be so narrow.

    Parameters
    ----------
    expected : AUC that is expected, between 0 and 1
    width : of the whole interval, from end to end
    prevalence : share of cases with the condition, between 0 and 1
    kind : of interval, as in `auc_interval`
    confidence : of the interval

    Returns
    -------
    Cases with the condition, cases without; two or more of each.

    Raises
    ------
    ValueError
        As `cases_for_proportion`.

    Examples
    --------
    >>> cases_for_auc(0.9, 0.1)
    (83, 83)
    """
    if kind not in ("delong-logit", "delong"):
        raise ValueError(f'need an interval of kind delong-logit or delong, got "{kind}"')
    _check(expected, width, confidence)
    if not (0 < expected < 1 and 0 < prevalence < 1):
        raise ValueError(f"need an AUC and a prevalence between 0 and 1, got {expected} and {prevalence}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)

    def split(total: int) -> tuple[int, int]:
        positives = max(2, ceil(total * prevalence))
        return positives, max(2, ceil(positives * (1 - prevalence) / prevalence - 1e-9))

    def found(total: int) -> float:
        half = z * sqrt(auc_variance(expected, *split(total)))
        if kind == "delong":
            return min(1.0, expected + half) - max(0.0, expected - half)
        odds, half = log(expected / (1 - expected)), half / (expected * (1 - expected))
        return 1 / (1 + exp(-half - odds)) - 1 / (1 + exp(half - odds))

    return split(_smallest(found, width))


def cases_in_all(needed: int, share: float, *, assurance: float = 0.9) -> int:
    """Consecutive cases that will hold as many of one kind as are needed, with so high a probability.

    Parameters
    ----------
    needed : of the kind, 1 or more
    share : of the kind among all cases, between 0 and 1: the prevalence, or 1 - prevalence
    assurance : probability that there will be enough, between 0 and 1

    Raises
    ------
    ValueError
        If a number is none, or more than ten million cases would be needed.

    Examples
    --------
    >>> cases_in_all(1, 0.5)
    4
    """
    if needed < 1 or not (0 < share < 1 and 0 < assurance < 1):
        raise ValueError(f"need 1 case or more and shares between 0 and 1, got {needed}, {share}, {assurance}")
    return _smallest(lambda total: float(binom.cdf(needed - 1, total, share)), 1 - assurance)


def _smallest(falls: Callable[[int], float], target: float) -> int:
    """Find the smallest number from 1 on at which a falling function is at most `target`."""
    high = 1
    while falls(high) > target:
        high *= 2
        if high > MOST:
            raise ValueError(f"more than {MOST:,} cases would be needed; allow a wider interval")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if falls(middle) <= target else (middle, high)
    return high


def _check(expected: float, width: float, confidence: float) -> None:
    if not (0 <= expected <= 1 and 0 < width < 1 and 0 < confidence < 1):
        raise ValueError(
            f"need an expected value from 0 to 1, width and confidence between 0 and 1; got {expected}, {width}, "
            f"{confidence}"
        )
