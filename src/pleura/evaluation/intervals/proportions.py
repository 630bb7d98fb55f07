"""Counts in, a proportion with its interval out."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from pleura.evaluation.intervals.estimate import percentile

__all__ = ["KINDS", "Proportion", "clopper_pearson", "clustered", "wilson"]

KINDS = ("wilson", "clopper-pearson", "bootstrap")
"""Of intervals of a proportion over cases that are patients of their own; the first is the default."""


@dataclass(frozen=True)
class Proportion:
    """A proportion such as a sensitivity, with the counts it stands on."""

    hits: float
    """A whole number, except for a vote whose ties were divided."""
    total: int
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""
    method: str = "wilson"
    """What gave the interval: "wilson", "clopper-pearson", "bootstrap" over patients, or "wilson-patients" (Wilson, for
    as many trials as there are patients)."""

    @property
    def value(self) -> float:
        """The point estimate, hits / total."""
        return self.hits / self.total

    def __str__(self) -> str:
        hits = f"{self.hits:.0f}" if self.hits == round(self.hits) else f"{self.hits:.1f}"
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f}; {hits}/{self.total})"


def wilson(hits: float, total: int, *, confidence: float = 0.95) -> Proportion:
    """Wilson's score interval of a proportion.

    Parameters
    ----------
    hits, total : counts, 0 <= hits <= total and total > 0
    confidence : between 0 and 1

    Raises
    ------
    ValueError
        If the counts are no proportion, or the confidence no probability.

    References
    ----------
    E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    J. Am. Stat. Assoc. 22 (1927) 209-212.

    Examples
    --------
    >>> str(wilson(8, 10))
    '0.80 (0.49 to 0.94; 8/10)'
    """
    _check(hits, total, confidence)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = hits / total
    denominator = 1 + z * z / total
    middle = (share + z * z / (2 * total)) / denominator
    half = z / denominator * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return Proportion(hits, total, max(0.0, middle - half), min(1.0, middle + half))


def clopper_pearson(hits: float, total: int, *, confidence: float = 0.95) -> Proportion:
    """Clopper and Pearson's exact interval of a proportion: never too narrow, wider than Wilson's.

    Parameters and refusals as in `wilson`.

    References
    ----------
    C. J. Clopper, E. S. Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial,
    Biometrika 26 (1934) 404-413.

    Examples
    --------
    >>> str(clopper_pearson(8, 10))
    '0.80 (0.44 to 0.97; 8/10)'
    """
    _check(hits, total, confidence)
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, total - hits + 1))
    high = 1.0 if hits == total else float(beta.ppf(1 - tail, hits + 1, total - hits))
    return Proportion(hits, total, low, high, "clopper-pearson")


def clustered(
    hits: float, total: int, resampled: npt.NDArray[np.float64], patients: int, *, confidence: float = 0.95
) -> Proportion:
    """Interval of a proportion over cases of which several may be of one patient.

    The percentile interval of the resamples of patients; where these are too few or do not vary, Wilson's
    interval for as many trials as there are patients, which holds even where a patient's cases are all alike.

    Parameters
    ----------
    hits, total : counts of cases, 0 <= hits <= total and total > 0
    resampled : (resamples,), the proportion in resamples of patients; NaN where undefined
    patients : who have the cases counted in `total`
    confidence : between 0 and 1
    """
    _check(hits, total, confidence)
    found = percentile(hits / total, resampled, patients=patients, confidence=confidence)
    if found is None or found.low is None or found.high is None:
        few = wilson(hits / total * patients, patients, confidence=confidence)
        return Proportion(hits, total, few.low, few.high, "wilson-patients")
    return Proportion(hits, total, found.low, found.high, found.method)


def _check(hits: float, total: int, confidence: float) -> None:
    if not 0 <= hits <= total or total == 0:
        raise ValueError(f"need 0 <= hits <= total and total > 0, got {hits}/{total}")
    if not 0 < confidence < 1:
        raise ValueError(f"need a confidence between 0 and 1, got {confidence}")
