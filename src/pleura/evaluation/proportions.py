"""Counts in, a proportion with its interval out."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

__all__ = ["Proportion", "wilson"]


@dataclass(frozen=True)
class Proportion:
    """A proportion such as a sensitivity, with the counts it stands on."""

    hits: int
    total: int
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""

    @property
    def value(self) -> float:
        """The point estimate, hits / total."""
        return self.hits / self.total

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f}; {self.hits}/{self.total})"


def wilson(hits: int, total: int, *, confidence: float = 0.95) -> Proportion:
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
    if not 0 <= hits <= total or total == 0:
        raise ValueError(f"need 0 <= hits <= total and total > 0, got {hits}/{total}")
    if not 0 < confidence < 1:
        raise ValueError(f"need a confidence between 0 and 1, got {confidence}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = hits / total
    denominator = 1 + z * z / total
    middle = (share + z * z / (2 * total)) / denominator
    half = z / denominator * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return Proportion(hits, total, max(0.0, middle - half), min(1.0, middle + half))
