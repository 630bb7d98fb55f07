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
    classification,
    explanation,
    model_info,
    series_infos,
    study_info,
    warnings_of,
)
from pleura.diagnosis.explain import activation_map, map_to_volume
from pleura.diagnosis.quality import study_notes
from pleura.diagnosis.report import LungMeasurements, Provenance, Report
from pleura.errors import ModelError
from pleura.imaging.field import find_field
from pleura.imaging.inplane import prepare
from pleura.imaging.lungs import lung_litres, lung_notes, segment_lungs
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume
from pleura.models.backend import backend_version, create_features
from pleura.models.device import choose_device
from pleura.models.files import Model
from pleura.models.predict import predict

__all__ = ["Diagnosis", "diagnose_study"]


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
    model : a four-class classifier
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
        If the model does not know the class to explain, or the device is not there or not the backend's.
    MissingExtraError
        If the backend's package is not installed.
    """
    classes = model.card.classes
    if explain is not None and explain not in classes:
        raise ModelError(f'cannot explain "{explain}": the classes of {model.card.name} are {", ".join(classes)}')
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
        window = (settings.window_low, settings.window_high)
        field = find_field(lungs, volume, settings.field)
        prepared = prepare(volume, field, size=settings.size, window=window)
    first_slice, after_last = field.slices
    with clock.step("classify"):
        prediction = predict(model, prepared, seed=seed, device=place, backend=backend)
    with clock.step("explain"):
        target = int(prediction.mean.argmax()) if explain is None else classes.index(explain)
        maps = activation_map(prediction.features, model.network.classify, target)
        heat = map_to_volume(maps, prediction.subsets + first_slice, volume.shape, field)
        found = explanation(heat, lungs, volume, classes[target])
    right, left = lung_litres(lungs, volume)
    report = Report(
        warnings=warnings_of(model.card),
        study=study_info(volume),
        series=series_infos(study),
        lungs=LungMeasurements(
            right_ml=1000 * right, left_ml=1000 * left, first_slice=first_slice, last_slice=after_last - 1
        ),
        classification=classification(prediction, model.card, first_slice),
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
                "window_hu": f"{window[0]}..{window[1]}",
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
