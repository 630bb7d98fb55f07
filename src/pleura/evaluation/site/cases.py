"""Predictions and the condition of interest in; truth, probability and call of each case out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.predictions import Predictions

__all__ = ["SiteCases", "call_of", "number_of", "site_cases"]


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
    k = number_of(predictions, condition)
    condition = predictions.classes[k]
    p = predictions.probabilities
    positive = predictions.truth == k
    if positive.all() or not positive.any():
        raise CohortError(f"need cases with and without {condition}, got {positive.sum()} and {(~positive).sum()}")
    called, call = call_of(predictions, k, threshold)
    return SiteCases(
        condition=condition,
        positive=positive,
        probability=p[:, k],
        called=called,
        call=call,
        patients=predictions.patients,
        columns=predictions.columns,
    )


def number_of(predictions: Predictions, condition: str | None) -> int:
    """Give the number of the class that counts; None stands for the second of two.

    Raises
    ------
    CohortError
        If there are several classes and none is named, or the condition is no class.
    """
    classes = predictions.classes
    if condition is None:
        if len(classes) > 2:
            raise CohortError(f"there are several classes: name the condition that counts, one of {', '.join(classes)}")
        return 1
    if condition not in classes:
        raise CohortError(f'"{condition}" is no class; classes are {", ".join(classes)}')
    return classes.index(condition)


def call_of(predictions: Predictions, k: int, threshold: float | None) -> tuple[npt.NDArray[np.bool_], str]:
    """Say who is called the k-th class, (cases,), and the rule in words; as `site_cases` has it."""
    p = predictions.probabilities
    if threshold is None and not predictions.binary:
        return np.asarray(p.argmax(axis=1) == k), "where it is the most probable class"
    at = 0.5 if threshold is None else threshold
    return np.asarray(p[:, k] >= at), f"at a probability of {at:g} or more"
