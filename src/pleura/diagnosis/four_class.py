"""A volume with its lungs in; the four-class answer, the grade of COVID-19 and the heat map out (UCADI)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from pleura.diagnosis.clock import StepClock
from pleura.diagnosis.compose import answer_of, classification, explanation, severity
from pleura.diagnosis.explain import activation_map, map_to_volume
from pleura.diagnosis.report import Classification, Explanation, Severity
from pleura.imaging.field import Field, find_field
from pleura.imaging.inplane import prepare
from pleura.imaging.volume import Volume
from pleura.models.files import Model
from pleura.models.predict import predict
from pleura.settings import InputSettings

__all__ = ["GRADED", "FourClass", "classify_four"]

GRADED = "covid-19"
"""The class whose severity is graded."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FourClass:
    """What UCADI says of a study."""

    classification: Classification
    severity: Severity | None
    """None where the most probable class is not COVID-19, or there is no model that grades."""
    explanation: Explanation
    heat: npt.NDArray[np.uint8]
    """(z, y, x): class activation map, 0 to 255."""


def classify_four(
    volume: Volume,
    lungs: npt.NDArray[np.uint8],
    model: Model,
    grader: Model | None,
    *,
    explain: str | None,
    device: torch.device,
    backend: str,
    seed: int,
    clock: StepClock,
) -> FourClass:
    """Draw slice subsets, classify, grade and explain.

    Parameters
    ----------
    volume : the study
    lungs : 0 outside, 1 right lung, 2 left lung, on the volume's grid
    model : a classifier whose task is diagnosis
    grader : one whose task is severity, or None
    explain : the class whose heat map is made, one of the model's; the most probable one where it is None
    device, backend : where and with what to compute
    seed : draws the slice subsets
    clock : times the steps

    Raises
    ------
    StudyError
        If the lungs span too few slices.
    """
    classes, settings = model.card.classes, model.card.input
    with clock.step("prepare"):
        prepared, field = _prepared(volume, lungs, settings)
    with clock.step("classify"):
        prediction = predict(model, prepared, seed=seed, device=device, backend=backend)
    top = int(prediction.mean.argmax())
    graded = None
    if grader is not None and classes[top] == GRADED:
        with clock.step("grade"):
            same = grader.card.input == settings
            slices = prepared if same else _prepared(volume, lungs, grader.card.input)[0]
            grades = predict(grader, slices, seed=seed, device=device, backend=backend)
            graded = severity(grades, grader, answer_of(prediction, model.card))
    with clock.step("explain"):
        target = top if explain is None else classes.index(explain)
        maps = activation_map(prediction.features, model.network.classify, target)
        heat = map_to_volume(maps, prediction.subsets + field.slices[0], volume.shape, field)
        found = explanation(heat, lungs, volume, classes[target])
    return FourClass(
        classification=classification(prediction, model.card, field.slices[0]),
        severity=graded,
        explanation=found,
        heat=heat,
    )


def _prepared(
    volume: Volume, lungs: npt.NDArray[np.uint8], settings: InputSettings
) -> tuple[npt.NDArray[np.int16], Field]:
    field = find_field(lungs, volume, settings.field)
    return prepare(volume, field, size=settings.size, window=(settings.window_low, settings.window_high)), field
