"""Reference and later predictions in; each patient once, with probability, call and what is known of the truth, out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.rows import yes_or_no
from pleura.evaluation.site.cases import call_of

__all__ = ["WatchedCases", "watched_cases"]


@dataclass(frozen=True, eq=False)
class WatchedCases:
    """One case a patient, in the order in which they came; arrays are (cases,)."""

    probability: npt.NDArray[np.float64]
    """That the model gives the condition."""
    called: npt.NDArray[np.bool_]
    truth: npt.NDArray[np.int64]
    """1 with the condition, 0 without, -1 not known."""
    undetermined: npt.NDArray[np.bool_] | None
    """Whether the model declined to answer; None: not told."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further columns that are watched."""
    left_out: int = 0
    """Cases of patients who were there before."""


def watched_cases(
    predictions: Predictions,
    *,
    k: int,
    threshold: float | None = None,
    undetermined: str | None = None,
    columns: Sequence[str] = (),
    known: frozenset[str] = frozenset(),
) -> WatchedCases:
    """Look at predictions as one condition against the rest, each patient's first case alone.

    Parameters
    ----------
    predictions : scores that are probabilities; truths may be -1
    k : number of the class that is the condition
    threshold : at which the condition is called; None for the most probable class, and 0.5 for a single score
    undetermined : column that says of each case whether the model declined: 1, true, yes, or 0, false, no
    columns : further ones that are watched
    known : patients who are left out, since they have been counted elsewhere

    Raises
    ------
    CohortError
        If the scores are no probabilities, a column says something else, or no case is left.
    """
    seen = set(known)
    keep = []
    for index, patient in enumerate(predictions.patients or predictions.cases):
        if patient not in seen:
            seen.add(patient)
            keep.append(index)
    if not keep:
        raise CohortError("all patients of the later cases are in the reference; need cases of other patients")
    used = predictions.in_order(keep)
    return WatchedCases(
        probability=used.probabilities[:, k],
        called=call_of(used, k, threshold)[0],
        truth=np.where(used.truth < 0, -1, used.truth == k).astype(np.int64),
        undetermined=None if undetermined is None else np.array(yes_or_no(used.columns[undetermined], undetermined)),
        columns={name: used.columns[name] for name in columns},
        left_out=len(predictions.cases) - len(keep),
    )
