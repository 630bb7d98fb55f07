"""A study in, a Diagnosis out: read, find the lungs, draw slice subsets, classify, explain."""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from pleura import __version__
from pleura.diagnosis.clock import StepClock
from pleura.diagnosis.compose import (
    answer_of,
    classification,
    explanation,
    model_info,
    series_infos,
    severity,
    study_info,
    warnings_of,
)
from pleura.diagnosis.explain import activation_map, map_to_volume
from pleura.diagnosis.quality import study_notes
from pleura.diagnosis.report import LungMeasurements, Provenance, Report
from pleura.errors import ModelError
from pleura.imaging.field import Field, find_field
from pleura.imaging.inplane import prepare
from pleura.imaging.lungs import lung_litres, lung_notes, segment_lungs
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume
from pleura.models.backend import backend_version, create_features
from pleura.models.device import choose_device
from pleura.models.files import Model
from pleura.models.predict import predict
from pleura.settings import InputSettings

__all__ = ["GRADED", "Diagnosis", "diagnose_study"]

GRADED = "covid-19"
"""The class whose severity is graded."""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """The report, and the arrays that it speaks of, on the study's own grid."""

    report: Report
    volume: Volume
    lungs: npt.NDArray[np.uint8]
    """(z, y, x): 0 outside, 1 right lung, 2 left lung."""
    heat: npt.NDArray[np.uint8]
    """(z, y, x): class activation map, 0 to 255."""


def diagnose_study(
    path: Path,
    model: Model,
    *,
    severity_model: Model | None = None,
    series_uid: str | None = None,
    explain: str | None = None,
    device: str = "cpu",
    backend: str = "torch",
    seed: int = 0,
    on_step: Callable[[str], None] = lambda _: None,
) -> Diagnosis:
    """Diagnose one study.

    Parameters
    ----------
    path : DICOM file or folder, ZIP, or NIfTI
    model : a classifier whose task is diagnosis
    severity_model : a classifier whose task is severity; grades the case where COVID-19 is the most probable class
    series_uid : the series to use; the best one by default
    explain : the class whose heat map is made; the most probable one by default
    device : cpu, cuda or cuda:N
    backend : torch, or openvino on the CPU
    seed : draws the slice subsets; the same seed gives the same answer
    on_step : told the name of each step as it begins

    Raises
    ------
    StudyError
        If the study cannot be used; which kind says why.
    ModelError
        If a model is of another task or does not know the class to explain, or the device is not there or not the
        backend's.
    MissingExtraError
        If the backend's package is not installed.
    """
    classes = model.card.classes
    if explain is not None and explain not in classes:
        raise ModelError(f'cannot explain "{explain}": the classes of {model.card.name} are {", ".join(classes)}')
    for one, task in ((model, "diagnosis"), (severity_model, "severity")):
        if one is not None and one.card.task != task:
            raise ModelError(f"model {one.card.name} is for {one.card.task}; give one for {task}")
    place = choose_device(device)
    clock = StepClock(on_step)
    with clock.step("set up"):
        create_features(model, backend=backend, device=place)  # prediction finds it made
    with clock.step("read"):
        volume, study = load_study(path, series_uid=series_uid)
    with clock.step("lungs"):
        lungs = segment_lungs(volume)
    with clock.step("prepare"):
        settings = model.card.input
        prepared, field = _prepared(volume, lungs, settings)
    first_slice, after_last = field.slices
    with clock.step("classify"):
        prediction = predict(model, prepared, seed=seed, device=place, backend=backend)
    graded = None
    if severity_model is not None and classes[int(prediction.mean.argmax())] == GRADED:
        with clock.step("grade"):
            same = severity_model.card.input == settings
            slices = prepared if same else _prepared(volume, lungs, severity_model.card.input)[0]
            grades = predict(severity_model, slices, seed=seed, device=place, backend=backend)
            graded = severity(grades, severity_model, answer_of(prediction, model.card))
    with clock.step("explain"):
        target = int(prediction.mean.argmax()) if explain is None else classes.index(explain)
        maps = activation_map(prediction.features, model.network.classify, target)
        heat = map_to_volume(maps, prediction.subsets + first_slice, volume.shape, field)
        found = explanation(heat, lungs, volume, classes[target])
    right, left = lung_litres(lungs, volume)
    report = Report(
        warnings=warnings_of(model.card, *(() if graded is None or severity_model is None else (severity_model.card,))),
        study=study_info(volume),
        series=series_infos(study),
        lungs=LungMeasurements(
            right_ml=1000 * right, left_ml=1000 * left, first_slice=first_slice, last_slice=after_last - 1
        ),
        classification=classification(prediction, model.card, first_slice),
        severity=graded,
        explanation=found,
        quality=(*volume.source.notes, *study_notes(volume), *lung_notes(lungs, volume)),
        model=model_info(model),
        provenance=Provenance(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            pleura=__version__,
            python=platform.python_version(),
            torch=torch.__version__,
            device=str(place),
            seed=seed,
            settings={
                "window_hu": f"{settings.window_low}..{settings.window_high}",
                "size": str(settings.size),
                "field": settings.field,
                "subsets": f"{settings.subsets} of {settings.slices} slices",
                "interval": settings.interval,
                "temperature": str(model.card.temperature),
                "precision": "float32",
                "backend": backend_version(backend),
            },
            seconds={name: round(value, 3) for name, value in clock.seconds.items()},
        ),
    )
    return Diagnosis(report=report, volume=volume, lungs=lungs, heat=heat)


def _prepared(
    volume: Volume, lungs: npt.NDArray[np.uint8], settings: InputSettings
) -> tuple[npt.NDArray[np.int16], Field]:
    field = find_field(lungs, volume, settings.field)
    return prepare(volume, field, size=settings.size, window=(settings.window_low, settings.window_high)), field
