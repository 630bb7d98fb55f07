"""Truth and probabilities in; the Brier score and what it is made of out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.calibration.reliability import checked, reliability_bins

__all__ = ["BrierParts", "brier_parts", "brier_score"]


@dataclass(frozen=True)
class BrierParts:
    """Murphy's decomposition over bins: score = reliability - resolution + uncertainty + within_bins."""

    score: float
    """Mean squared distance of probability and truth; 0 is faultless."""
    reliability: float
    """Mean squared distance of a bin's probability and its frequency; 0 is best."""
    resolution: float
    """Mean squared distance of a bin's frequency and that of all; the larger the better."""
    uncertainty: float
    """Of the truths themselves, prevalence x (1 - prevalence): the score of who always says the prevalence."""
    within_bins: float
    """What is left because probabilities in a bin are not all equal; 0 where they are."""
    skill: float | None
    """1 - score / uncertainty; above 0 it is better than the prevalence. None where all cases are of one kind."""


def brier_score(positive: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """Mean squared distance of probability and truth; parameters and refusals as in `reliability_bins`.

    References
    ----------
    G. W. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78 (1950) 1-3.

    Examples
    --------
    >>> brier_score([1, 0], [0.5, 0.5])
    0.25
    """
    truth, p = checked(positive, probabilities)
    return float(((p - truth) ** 2).mean())


def brier_parts(positive: npt.ArrayLike, probabilities: npt.ArrayLike, *, bins: int = 10) -> BrierParts:
    """Divide the Brier score into reliability, resolution and uncertainty, over the bins of `reliability_bins`.

    Reliability and resolution are both larger than in truth by about the number of bins over the number of cases, so
    that with few cases they say little; the score itself has no such bias.

    Parameters
    ----------
    positive, probabilities, bins : as in `reliability_bins`

    Raises
    ------
    ValueError
        As `reliability_bins`.

    References
    ----------
    A. H. Murphy, A new vector partition of the probability score, Journal of Applied Meteorology 12 (1973) 595-600.

    Examples
    --------
    >>> brier_parts([1, 0], [0.5, 0.5]).skill
    0.0
    """
    truth, p = checked(positive, probabilities)
    score = brier_score(truth, p)
    prevalence = float(truth.mean())
    uncertainty = prevalence * (1 - prevalence)
    parts = reliability_bins(truth, p, bins=bins)
    shares = np.array([one.observed.total for one in parts]) / len(p)
    seen = np.array([one.observed.value for one in parts])
    said = np.array([one.mean for one in parts])
    reliability = float((shares * (said - seen) ** 2).sum())
    resolution = float((shares * (seen - prevalence) ** 2).sum())
    return BrierParts(
        score=score,
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        within_bins=score - (reliability - resolution + uncertainty),
        skill=1 - score / uncertainty if uncertainty > 0 else None,
    )
