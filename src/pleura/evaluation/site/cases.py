"""Predictions and the condition of interest in; truth, probability and call of each case out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.predictions import Predictions

__all__ = ["SiteCases", "site_cases"]


@dataclass(frozen=True, eq=False)
class SiteCases:
    """The hospital's cases as they are judged for one condition; all arrays are (cases,)."""

    condition: str
    """Name of the class; "1" for a single score."""
    positive: npt.NDArray[np.bool_]
    """Has the condition."""
    probability: npt.NDArray[np.float64]
    """That the model gives it."""
    called: npt.NDArray[np.bool_]
    """As the model is called now."""
    call: str
    """How it is called now, in words."""
    patients: tuple[str, ...] | None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further columns, for subgroups."""


def site_cases(predictions: Predictions, *, condition: str | None = None, threshold: float | None = None) -> SiteCases:
    """Look at predictions as one condition against the rest.

    Parameters
    ----------
    predictions : scores that are probabilities
    condition : a class; may be left out for a single score or two classes, where it is the second one
    threshold : at which the condition is called now; None for the most probable class, and 0.5 for a single score

    Raises
    ------
    CohortError
        If the scores are no probabilities, the condition is no class, or all cases have it, or none.
    """
    classes = predictions.classes
    if condition is None:
        if len(classes) > 2:
            raise CohortError(f"there are several classes: name the condition that counts, one of {', '.join(classes)}")
        condition = classes[1]
    if condition not in classes:
        raise CohortError(f'"{condition}" is no class; classes are {", ".join(classes)}')
    k = classes.index(condition)
    p = predictions.probabilities
    positive = predictions.truth == k
    if positive.all() or not positive.any():
        raise CohortError(f"need cases with and without {condition}, got {positive.sum()} and {(~positive).sum()}")
    if threshold is None and not predictions.binary:
        called, call = p.argmax(axis=1) == k, "where it is the most probable class"
    else:
        at = 0.5 if threshold is None else threshold
        called, call = p[:, k] >= at, f"at a probability of {at:g} or more"
    return SiteCases(
        condition=condition,
        positive=positive,
        probability=p[:, k],
        called=np.asarray(called),
        call=call,
        patients=predictions.patients,
        columns=predictions.columns,
    )
