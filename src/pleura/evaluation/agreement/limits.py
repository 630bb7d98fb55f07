"""Two measurements of the same patients in; bias and limits of agreement, each with its interval, out."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.stats import norm
from scipy.stats import t as student

from pleura.evaluation.intervals.estimate import Estimate

__all__ = ["Agreement", "limits_of_agreement"]


@dataclass(frozen=True, eq=False)
class Agreement:
    """How two measurements of the same quantity differ; all in its unit, first minus second."""

    pairs: int
    bias: Estimate
    """Mean difference."""
    deviation: float
    """Standard deviation of the differences."""
    lower: Estimate
    """Limits between which 95 % of differences lie, if they are normal."""
    upper: Estimate
    slope: Estimate
    """Of the differences on the means; an interval without 0 says that the bias depends on the size."""


def limits_of_agreement(first: npt.ArrayLike, second: npt.ArrayLike, *, confidence: float = 0.95) -> Agreement:
    """Compare two measurements of the same patients, one pair a patient.

    The limits are bias -+ 1.96 standard deviations of the differences. Their standard error is that of the paper,
    s sqrt(1 / n + 1.96^2 / (2 (n - 1))), with Student's t on n - 1 degrees of freedom.

    Parameters
    ----------
    first, second : (patients,), finite, three or more
    confidence : of the intervals; where all differences are equal there are none

    Raises
    ------
    ValueError
        If shapes do not fit, there are fewer than three pairs, or a number is not finite.

    References
    ----------
    J. M. Bland, D. G. Altman, Measuring agreement in method comparison studies, Statistical Methods in Medical
    Research 8 (1999) 135-160.
    """
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape or len(one) < 3:
        raise ValueError(f"need two lists of three or more pairs, got {one.shape} and {other.shape}")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise ValueError("need finite numbers, got one that is not; leave out pairs with a missing number")
    if not 0 < confidence < 1:
        raise ValueError(f"need a confidence between 0 and 1, got {confidence}")
    difference, mean = one - other, (one + other) / 2
    n, bias, deviation = len(one), float(difference.mean()), float(difference.std(ddof=1))
    reach, wide = float(student.ppf(0.5 + confidence / 2, n - 1)), float(norm.ppf(0.975))

    def around(value: float, error: float, quantile: float) -> Estimate:
        if error == 0:
            return Estimate(value, None, None, "none")  # no width would claim a certainty that a few pairs do not give
        return Estimate(value, value - quantile * error, value + quantile * error, "student")

    of_limit = deviation * sqrt(1 / n + wide**2 / (2 * (n - 1)))
    return Agreement(
        pairs=n,
        bias=around(bias, deviation / sqrt(n), reach),
        deviation=deviation,
        lower=around(bias - wide * deviation, of_limit, reach),
        upper=around(bias + wide * deviation, of_limit, reach),
        slope=_slope(difference, mean, confidence),
    )


def _slope(y: npt.NDArray[np.float64], x: npt.NDArray[np.float64], confidence: float) -> Estimate:
    """Slope of the least-squares line; without an interval where all means are equal, or all differences."""
    spread = float(((x - x.mean()) ** 2).sum())
    if spread == 0 or np.ptp(y) == 0:
        return Estimate(0.0, None, None, "none")
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    rest = y - y.mean() - slope * (x - x.mean())
    half = float(student.ppf(0.5 + confidence / 2, len(x) - 2)) * sqrt(float((rest**2).sum()) / (len(x) - 2) / spread)
    return Estimate(slope, slope - half, slope + half, "student")
