"""A cut-off and cases in; sensitivity and specificity there, with a warning where the cut-off was chosen there, out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.classification import ClassResult, IntervalSettings, evaluate_answers
from pleura.evaluation.cutoffs.choose import CutOff

__all__ = ["AppliedCutOff", "apply_cut_off", "shared"]


@dataclass(frozen=True)
class AppliedCutOff:
    """A cut-off on cases."""

    cut_off: CutOff
    result: ClassResult
    """On these cases."""
    overlap: int
    """Cases, or patients where they are named, on which the cut-off was chosen too."""
    warning: str | None
    """What stands beside the numbers where there is overlap."""


def shared(chosen_on: Collection[str] | None, applied_to: Collection[str] | None) -> int:
    """Count the names that two sets of cases or patients have in common; 0 where names are not known."""
    return len(set(chosen_on or ()) & set(applied_to or ()))


def apply_cut_off(
    cut_off: CutOff,
    positive: npt.ArrayLike,
    scores: npt.ArrayLike,
    *,
    overlap: int,
    patients: Sequence[str] | None = None,
    settings: IntervalSettings | None = None,
    name: str = "1",
) -> AppliedCutOff:
    """Call cases by a cut-off, and count.

    Parameters
    ----------
    cut_off : chosen on other cases
    positive, scores : as in `auc`, but one side may be empty
    overlap : how many of these cases or patients the cut-off was chosen on, see `shared`; all of them where it was
        chosen here
    patients : (cases,), or None where each case is a patient of its own
    settings : of the intervals
    name : of the condition

    Raises
    ------
    ValueError
        If shapes differ, there is no case, or `overlap` is negative.
    """
    truth = np.asarray(positive, dtype=bool)
    values = np.asarray(scores, dtype=np.float64)
    if truth.shape != values.shape or truth.ndim != 1 or overlap < 0:
        raise ValueError(f"need one score a case and an overlap of 0 or more, got {truth.shape}, {values.shape}")
    result = evaluate_answers(
        truth.astype(np.int64),
        (values >= cut_off.threshold).astype(np.int64),
        ("other", name),
        scores=np.stack([-values, values], axis=1),
        patients=patients,
        settings=settings,
    )
    warning = None
    if overlap:
        warning = (
            f"The cut-off was chosen on {overlap} of the cases or patients that it is judged on: sensitivity and "
            "specificity look better here than they will be on others, and the intervals do not know of it."
        )
    return AppliedCutOff(cut_off, result.classes[1], overlap, warning)
