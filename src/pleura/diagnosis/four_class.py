"""A study's lung slices in; the four-class answer, the grade of COVID-19, and the heat map out (UCADI)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from pleura.diagnosis.compose import answer_of, classification, explanation, severity
from pleura.diagnosis.explain import activation_map, map_to_volume
from pleura.diagnosis.novelty import novelty
from pleura.diagnosis.prepared import PreparedSlices
from pleura.diagnosis.report import Classification, Explanation, Severity
from pleura.imaging.field import Field
from pleura.models.files import Model
from pleura.models.predict import Prediction, predict

__all__ = ["GRADED", "FourClass", "HeatMap", "classify_four", "explain_four", "grade_four", "why_not_graded"]

GRADED = "covid-19"
"""The class whose severity is graded."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FourClass:
    """What UCADI says of a study."""

    model: Model
    prediction: Prediction
    field: Field
    """What the slices showed."""
    part: Classification
    """Of the report."""


@dataclass(frozen=True, eq=False, kw_only=True)
class HeatMap:
    """Where the four-class model looked."""

    heat: npt.NDArray[np.uint8]
    """(z, y, x): class activation map, 0 to 255."""
    part: Explanation
    """Of the report."""


def classify_four(model: Model, slices: PreparedSlices, *, device: torch.device, backend: str, seed: int) -> FourClass:
    """Draw slice subsets and classify.

    Parameters
    ----------
    model : a classifier whose task is diagnosis
    slices : of the study
    device, backend : where and with what to compute
    seed : draws the slice subsets

    Raises
    ------
    StudyError
        If the lungs span too few slices.
    ModelError
        If the network gives no numbers.
    """
    prepared, field = slices.of(model.card.input)
    prediction = predict(model, prepared, seed=seed, device=device, backend=backend)
    part = classification(prediction, model.card, field.slices[0])
    known = part.model_copy(update={"novelty": novelty(model, prediction)})
    return FourClass(model=model, prediction=prediction, field=field, part=known)


def why_not_graded(four: FourClass | None) -> str:
    """Say why a case whose top class is known has no grade; empty where it has one, and where nothing is known."""
    if four is None:
        return ""
    return "" if four.part.top_class == GRADED else f"only {GRADED} is graded; the top class is {four.part.top_class}"


def grade_four(
    four: FourClass, grader: Model, slices: PreparedSlices, *, device: torch.device, backend: str, seed: int
) -> Severity:
    """Grade a case whose most probable class is COVID-19.

    Parameters
    ----------
    four : the diagnosis
    grader : a classifier whose task is severity
    slices, device, backend, seed : as for `classify_four`

    Raises
    ------
    ModelError
        If the network gives no numbers.
    """
    prepared, _ = slices.of(grader.card.input)
    grades = predict(grader, prepared, seed=seed, device=device, backend=backend)
    return severity(grades, grader, answer_of(four.prediction, four.model.card))


def explain_four(four: FourClass, slices: PreparedSlices, *, target: str | None) -> HeatMap:
    """Draw the class activation map on the study's own grid.

    Parameters
    ----------
    four : the diagnosis
    slices : of the study
    target : one of the model's classes; the most probable one where it is None
    """
    name = four.part.top_class if target is None else target
    classify, index = four.model.network.classify, four.model.card.classes.index(name)
    maps = activation_map(four.prediction.features, classify, index)
    seen = four.prediction.subsets + four.field.slices[0]
    heat = map_to_volume(maps, seen, slices.volume.shape, four.field)
    return HeatMap(heat=heat, part=explanation(heat, slices.lungs, slices.volume, name))
