"""Truth and the scores of two classifiers in; the difference of their AUCs with DeLong's test out."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.stats import norm
from scipy.stats import t as student

from pleura.evaluation.intervals.delong import components, covariance

__all__ = ["Comparison", "delong_paired", "delong_unpaired"]


@dataclass(frozen=True)
class Comparison:
    """Two numbers, their difference with an interval, and the test of no difference."""

    first: float
    second: float
    difference: float
    """First minus second."""
    low: float | None
    """Lower end of the interval of the difference; None where no honest one can be given."""
    high: float | None
    p: float | None
    """Two-sided; None where it is undefined."""
    method: str
    statistic: float | None = None
    """Difference over its standard error; None where there is none."""
    degrees: float | None = None
    """Degrees of freedom of Student's t; None for the normal distribution, and where there is no statistic."""

    def not_worse_by(self, margin: float) -> bool | None:
        """Say whether the second is shown to be worse by less than a margin that was set beforehand.

        It is where the whole interval of first minus second lies below the margin; None without an interval.
        """
        return None if self.high is None else self.high < margin

    def __str__(self) -> str:
        ends = "no interval" if self.low is None or self.high is None else f"{self.low:+.3f} to {self.high:+.3f}"
        return f"{self.difference:+.3f} ({ends})"


def delong_paired(
    positive: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike, *, confidence: float = 0.95
) -> Comparison:
    """Compare the AUCs of two scores on the same cases, each of which must be a patient of its own.

    Parameters
    ----------
    positive : (cases,), true for the condition
    first, second : (cases,), finite, higher for the condition
    confidence : of the interval of the difference

    Returns
    -------
    Without interval and p where the variance of the difference is zero, as between two faultless curves: an interval of
    no width would be false. The interval is cut off at -1 and 1.

    Raises
    ------
    ValueError
        As in `auc`; with fewer than two cases on a side; or if the confidence is none.

    References
    ----------
    E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44 (1988) 837-845.

    Examples
    --------
    >>> str(delong_paired([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], [3, 1, 4, 2, 5, 6]))
    '+0.111 (-0.197 to +0.419)'
    """
    _check(confidence)
    parts = components(positive, np.stack([_flat(first), _flat(second)]))
    spread = covariance(parts)
    variance = float(spread[0, 0] + spread[1, 1] - 2 * spread[0, 1])
    a, b = float(parts.auc[0]), float(parts.auc[1])
    if variance < 1e-15:
        return Comparison(a, b, a - b, None, None, None, "delong-paired")
    error = sqrt(variance)
    half = float(norm.ppf(0.5 + confidence / 2)) * error
    p = 2 * float(norm.sf(abs(a - b) / error))
    low, high = max(-1.0, a - b - half), min(1.0, a - b + half)
    return Comparison(a, b, a - b, low, high, p, "delong-paired", (a - b) / error)


def delong_unpaired(
    first: tuple[npt.ArrayLike, npt.ArrayLike],
    second: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    confidence: float = 0.95,
) -> Comparison:
    """Compare AUCs on two sets of different patients.

    Student's t with Satterthwaite's degrees of freedom, each set counted as cases - 1, as R's pROC does it.

    Parameters
    ----------
    first, second : truth and scores of each set, as in `auc`
    confidence : of the interval of the difference

    Returns
    -------
    Without interval and p where both variances are zero (two faultless curves).

    Raises
    ------
    ValueError
        As in `auc`; with fewer than two cases on a side of a set; or if the confidence is none.
    """
    _check(confidence)
    areas, variances, sizes = [], [], []
    for positive, scores in (first, second):
        parts = components(positive, _flat(scores))
        areas.append(float(parts.auc[0]))
        variances.append(float(covariance(parts)[0, 0]))
        sizes.append(np.size(scores))
    a, b = areas
    variance = sum(variances)
    if variance < 1e-15:
        return Comparison(a, b, a - b, None, None, None, "delong-unpaired")
    error = sqrt(variance)
    degrees = variance**2 / sum(one**2 / (size - 1) for one, size in zip(variances, sizes, strict=True))
    half = float(student.ppf(0.5 + confidence / 2, degrees)) * error
    p = 2 * float(student.sf(abs(a - b) / error, degrees))
    low, high = max(-1.0, a - b - half), min(1.0, a - b + half)
    return Comparison(a, b, a - b, low, high, p, "delong-unpaired", (a - b) / error, degrees)


def _flat(scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"need one score a case, got shape {values.shape}")
    return values


def _check(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"need a confidence between 0 and 1, got {confidence}")
