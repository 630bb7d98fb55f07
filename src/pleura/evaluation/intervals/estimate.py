"""A number with its interval and the name of the method that gave the interval."""

from dataclasses import dataclass
from math import isnan

import numpy as np
import numpy.typing as npt

__all__ = ["FEWEST", "Estimate", "percentile"]

FEWEST = 5
"""Patients in the smallest group that is resampled; with fewer, resamples are few and alike, and none is given."""


@dataclass(frozen=True)
class Estimate:
    """A point estimate with the interval around it."""

    value: float
    """The point estimate."""
    low: float | None
    """Lower end of the interval; None where no honest one can be given."""
    high: float | None
    """Upper end of the interval, or None."""
    method: str
    """What gave the interval: "delong", "delong-logit", "exact-pairs", "score", "wald", "bootstrap", or
    "none"."""

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.3f} (no interval)"
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def percentile(
    value: float, resampled: npt.NDArray[np.float64], *, patients: int, confidence: float = 0.95
) -> Estimate | None:
    """Put the percentile interval of resampled values around a point estimate.

    Parameters
    ----------
    value : the point estimate; NaN where it is undefined
    resampled : (resamples,), NaN where a resample leaves it undefined
    patients : in the smallest group that was resampled
    confidence : between 0 and 1

    Returns
    -------
    None where the value is undefined. Without an interval where one resample in twenty or more is undefined, since
    those that remain would no longer stand for all, and where all resamples are equal, since an interval of no width
    would claim a certainty that a handful of faultless cases does not give. Nor with fewer than five patients.

    References
    ----------
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall 1993, chapter 13.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"need a confidence between 0 and 1, got {confidence}")
    if isnan(value):
        return None
    defined = resampled[~np.isnan(resampled)]
    if patients < FEWEST or len(defined) <= 0.95 * len(resampled) or np.ptp(defined) < 1e-12:
        return Estimate(float(value), None, None, "none")
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Estimate(float(value), float(low), float(high), "bootstrap")
