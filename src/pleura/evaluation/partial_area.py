"""Truth, scores and a range of specificity or sensitivity in; the partial AUC, as it is and corrected, out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.intervals.bootstrap import count_patients, resample_weights
from pleura.evaluation.intervals.estimate import Estimate, percentile
from pleura.evaluation.roc import AT_ONCE, weighted_roc

__all__ = ["AXES", "PartialArea", "partial_area"]

Floats = npt.NDArray[np.float64]

AXES = ("specificity", "sensitivity")
"""Of which a range can be given."""


@dataclass(frozen=True)
class PartialArea:
    """The area under a part of the ROC curve."""

    axis: str
    """ "specificity" or "sensitivity"."""
    low: float
    """Of the range."""
    high: float
    area: Estimate
    """At most high - low."""
    corrected: Estimate
    """McClish's: 0.5 for a useless score, 1 for a faultless one, whatever the range; below 0.5 under the diagonal."""


def partial_area(
    positive: npt.ArrayLike,
    scores: npt.ArrayLike,
    *,
    low: float,
    high: float = 1.0,
    axis: str = "specificity",
    patients: Sequence[str] | None = None,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> PartialArea:
    """Area under the empirical ROC curve where specificity (or sensitivity) is from `low` to `high`.

    The curve is taken as straight between its points. Intervals are percentiles of resamples of patients, within those
    with and without the condition.

    Parameters
    ----------
    positive, scores : as in `auc`
    low, high : 0 <= low < high <= 1
    axis : of which the range is
    patients : (cases,), or None where each case is a patient of its own
    confidence, resamples, seed : of the bootstrap

    Raises
    ------
    ValueError
        As in `auc`; or if the range or the axis is none.

    References
    ----------
    D. K. McClish, Analyzing a portion of the ROC curve, Medical Decision Making 9 (1989) 190-195.

    Examples
    --------
    >>> round(partial_area([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], low=0.5).area.value, 4)
    0.3889
    """
    if axis not in AXES or not 0 <= low < high <= 1:
        raise ValueError(f"need a range 0 <= low < high <= 1 of {' or '.join(AXES)}, got {low} to {high} of {axis}")
    truth = np.asarray(positive, dtype=bool)
    weights = resample_weights(truth, patients, resamples=resamples, seed=seed)
    once = np.ones((1, len(truth)))
    found, resampled = (areas(truth, scores, each, low=low, high=high, axis=axis) for each in (once, weights))
    fewest = min(count_patients(side, patients) for side in (truth, ~truth))
    least = (high - low) * (1 - (high + low) / 2)  # under the diagonal, within the range
    most = high - low

    def estimate(value: Floats, values: Floats) -> Estimate:
        made = percentile(float(value[0]), values, patients=fewest, confidence=confidence)
        assert made is not None
        return made

    def corrected(area: Floats) -> Floats:
        return (1 + (area - least) / (most - least)) / 2

    return PartialArea(axis, low, high, estimate(found, resampled), estimate(corrected(found), corrected(resampled)))


def areas(
    positive: npt.ArrayLike, scores: npt.ArrayLike, weights: Floats, *, low: float, high: float, axis: str
) -> Floats:
    """Partial area under each weighting of the cases, (weightings,); parameters as in `weighted_roc`."""
    found = []
    for part in np.array_split(weights, max(1, weights.size // AT_ONCE)):
        sensitivity, false = weighted_roc(positive, scores, part)
        if axis == "specificity":
            found.append(_between(false, sensitivity, 1 - high, 1 - low))
        else:
            found.append(_between(sensitivity, 1 - false, low, high))
    return np.concatenate(found)


def _between(across: Floats, up: Floats, low: float, high: float) -> Floats:
    """Integrate curves that are straight between their points from `low` to `high`; `across` rises along each."""
    start, end = across[:, :-1], across[:, 1:]
    width = end - start
    slope = (up[:, 1:] - up[:, :-1]) / np.where(width > 0, width, 1.0)
    a, b = np.clip(start, low, high), np.clip(end, low, high)
    middle = up[:, :-1] + slope * ((a + b) / 2 - start)
    return np.asarray(((b - a) * middle).sum(axis=1))
