"""Counts of right and wrong answers in; McNemar's test, and differences of proportions with intervals, out."""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist

import numpy as np
from scipy.optimize import brentq
from scipy.stats import fisher_exact

from pleura.evaluation.comparison.areas import Comparison
from pleura.evaluation.intervals.proportions import wilson

__all__ = ["McNemar", "mcnemar", "paired_difference", "unpaired_difference"]


@dataclass(frozen=True)
class McNemar:
    """Whether two classifiers are right equally often on the same cases."""

    only_first: int
    """Cases that only the first has right."""
    only_second: int
    exact: float
    """Two-sided p of the exact conditional test; never too small, often too large."""
    mid_p: float
    """Two-sided mid-p: close to its nominal size, and what is recommended; 1 where no case tells the two apart."""


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """Test whether two classifiers are right equally often, from the cases on which just one of them is.

    Parameters
    ----------
    only_first, only_second : cases that only one of the two has right, 0 or more

    Raises
    ------
    ValueError
        If a count is negative.

    References
    ----------
    M. W. Fagerland, S. Lydersen, P. Laake, The McNemar test for binary matched-pairs data: mid-p and asymptotic are
    better than exact conditional, BMC Medical Research Methodology 13 (2013) 91.

    Examples
    --------
    >>> round(mcnemar(1, 7).exact, 3), round(mcnemar(1, 7).mid_p, 3)
    (0.07, 0.039)
    """
    if min(only_first, only_second) < 0:
        raise ValueError(f"need counts of 0 or more, got {only_first} and {only_second}")
    total, fewer = only_first + only_second, min(only_first, only_second)
    up_to = sum(comb(total, k) for k in range(fewer + 1)) / 2**total
    point = comb(total, fewer) / 2**total
    if total == 0:
        return McNemar(0, 0, 1.0, 1.0)
    if only_first == only_second:
        return McNemar(only_first, only_second, 1.0, 1 - point / 2)
    return McNemar(only_first, only_second, min(1.0, 2 * up_to), min(1.0, 2 * up_to - point))


def paired_difference(
    both: int, only_first: int, only_second: int, neither: int, *, confidence: float = 0.95
) -> Comparison:
    """Difference of two proportions on the same cases, with Tango's score interval and McNemar's mid-p.

    Parameters
    ----------
    both, only_first, only_second, neither : cases that both, one, or none of the two has right; one case or more
    confidence : of the interval

    Raises
    ------
    ValueError
        If counts are negative or all 0, or the confidence is none.

    References
    ----------
    T. Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample design,
    Statistics in Medicine 17 (1998) 891-908.

    Examples
    --------
    >>> str(paired_difference(1, 1, 7, 12))
    '-0.286 (-0.517 to -0.026)'
    """
    counts = (both, only_first, only_second, neither)
    total = sum(counts)
    if min(counts) < 0 or total == 0:
        raise ValueError(f"need counts of 0 or more and one case, got {counts}")
    z = _quantile(confidence)
    difference = (only_first - only_second) / total

    def excess(shift: float) -> float:
        """Score statistic of a true difference `shift`, squared, less z squared; 0 at the ends of the interval."""
        linear = -only_first - only_second + (2 * total - only_first + only_second) * shift
        square = only_second * shift * (1 - shift)
        share = (sqrt(max(0.0, linear**2 + 8 * total * square)) - linear) / (4 * total)  # of only_second, given shift
        variance = total * (2 * share + shift * (1 - shift))
        distance = only_first - only_second - total * shift
        return distance**2 - z**2 * max(0.0, variance)

    low = _end(excess, difference, -1.0)
    high = _end(excess, difference, 1.0)
    p = mcnemar(only_first, only_second).mid_p
    return Comparison(
        (both + only_first) / total, (both + only_second) / total, difference, low, high, p, "tango, mcnemar-mid-p"
    )


def unpaired_difference(
    hits_first: int, total_first: int, hits_second: int, total_second: int, *, confidence: float = 0.95
) -> Comparison:
    """Difference of two proportions on different cases, with Newcombe's interval and Fisher's exact test.

    Parameters
    ----------
    hits_first, total_first, hits_second, total_second : counts as in `wilson`
    confidence : of the interval

    Raises
    ------
    ValueError
        As `wilson`.

    References
    ----------
    R. G. Newcombe, Interval estimation for the difference between independent proportions: comparison of eleven
    methods, Statistics in Medicine 17 (1998) 873-890, method 10.

    Examples
    --------
    >>> str(unpaired_difference(56, 70, 48, 80))
    '+0.200 (+0.052 to +0.334)'
    """
    a = wilson(hits_first, total_first, confidence=confidence)
    b = wilson(hits_second, total_second, confidence=confidence)
    difference = a.value - b.value
    low = difference - sqrt((a.value - a.low) ** 2 + (b.high - b.value) ** 2)
    high = difference + sqrt((a.high - a.value) ** 2 + (b.value - b.low) ** 2)
    table = np.array([[hits_first, total_first - hits_first], [hits_second, total_second - hits_second]])
    p = float(fisher_exact(table).pvalue)
    return Comparison(a.value, b.value, difference, low, high, min(1.0, p), "newcombe, fisher")


def _end(excess: Callable[[float], float], inside: float, outside: float) -> float:
    """Find where the interval ends between the estimate and the border of what is possible."""
    border = outside * (1 - 1e-12)
    if abs(inside - outside) < 1e-12 or excess(border) <= 0:
        return outside
    start = inside + 1e-9 * (outside - inside)  # at the estimate itself it is 0 where no case tells the two apart
    return float(brentq(excess, start, border, xtol=1e-12))


def _quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"need a confidence between 0 and 1, got {confidence}")
    return NormalDist().inv_cdf(0.5 + confidence / 2)
