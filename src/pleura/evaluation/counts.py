"""Who has the condition and who is called positive in; the four counts a class and what is made of them out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Counts", "count"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Counts:
    """Each class against the rest; all arrays are (weightings, classes), ratios NaN where there is nothing to count."""

    true_positive: Floats
    false_positive: Floats
    false_negative: Floats
    true_negative: Floats

    @property
    def sensitivity(self) -> Floats:
        """Share of the cases with the condition that are called positive."""
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def specificity(self) -> Floats:
        """Share of the cases without the condition that are not called positive."""
        return _ratio(self.true_negative, self.true_negative + self.false_positive)

    @property
    def ppv(self) -> Floats:
        """Share of the cases called positive that have the condition."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def npv(self) -> Floats:
        """Share of the cases not called positive that do not have the condition."""
        return _ratio(self.true_negative, self.true_negative + self.false_negative)

    @property
    def f1(self) -> Floats:
        """Harmonic mean of sensitivity and PPV."""
        twice = 2 * self.true_positive
        return _ratio(twice, twice + self.false_positive + self.false_negative)


def count(positive: npt.NDArray[np.bool_], called: npt.NDArray[np.bool_], weights: Floats) -> Counts:
    """Count each class against the rest under each weighting of the cases.

    Parameters
    ----------
    positive : (cases, classes), whether the case is of the class
    called : (cases, classes), whether it is called so
    weights : (weightings, cases); one row of ones counts the cases as they are

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    if positive.shape != called.shape or positive.ndim != 2 or weights.shape[1:] != positive.shape[:1]:
        raise ValueError(f"need (cases, classes) twice, got {positive.shape}, {called.shape}, weights {weights.shape}")
    both = weights @ (positive & called)
    false = weights @ (~positive & called)
    missed = weights @ (positive & ~called)
    return Counts(both, false, missed, weights @ (~positive & ~called))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return part / np.where(whole > 0, whole, np.nan)
