"""One value a training run in; their mean, standard deviation and interval over runs out.

This is the interval that papers print beside a cross-validation. It says how the result moves with who was trained on,
and nothing of how few patients were tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import t as student

__all__ = ["Runs", "over_runs"]


@dataclass(frozen=True)
class Runs:
    """What several runs of one training amount to; None where there are too few."""

    mean: float | None
    deviation: float | None
    """Standard deviation over runs, with n - 1."""
    low: float | None
    high: float | None


def over_runs(values: Sequence[float], *, confidence: float = 0.95) -> Runs:
    """Summarise runs by mean and Student's t.

    Parameters
    ----------
    values : one a run
    confidence : of the interval

    Examples
    --------
    >>> over_runs([0.5, 0.75]).mean
    0.625
    >>> over_runs([0.8]).low is None
    True
    """
    if not values:
        return Runs(None, None, None, None)
    mean = float(np.mean(values))
    if len(values) < 2:
        return Runs(mean, None, None, None)
    deviation = float(np.std(values, ddof=1))
    half = float(student.ppf(0.5 + confidence / 2, len(values) - 1)) * deviation / sqrt(len(values))
    return Runs(mean, deviation, mean - half, mean + half)
