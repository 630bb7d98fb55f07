"""A study in, a Diagnosis out; the steps stand here in the order of the papers' figures."""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from pleura import __version__
from pleura.diagnosis.chain import Chain
from pleura.diagnosis.clock import StepClock
from pleura.diagnosis.compose import model_info, series_infos, study_info, warnings_of
from pleura.diagnosis.four_class import classify_four
from pleura.diagnosis.quality import study_notes
from pleura.diagnosis.report import LungMeasurements, Provenance, Report
from pleura.errors import ModelError
from pleura.imaging.lungs import lung_litres, lung_notes, lung_slices, segment_lungs
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume
from pleura.models.backend import backend_version, create_features
from pleura.models.card import Card
from pleura.models.device import choose_device

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
    chain: Chain,
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
    chain : the models that are asked
    series_uid : the series to use; the best one by default
    explain : the class whose heat map is made; the most probable one by default
    device : cpu, cuda or cuda:N
    backend : torch, or openvino on the CPU; for the four-class models
    seed : draws the slice subsets; the same seed gives the same answer
    on_step : told the name of each step as it begins

    Raises
    ------
    StudyError
        If the study cannot be used; which kind says why.
    ModelError
        If the classifier does not know the class to explain, or the device is not there or not the backend's.
    MissingExtraError
        If the backend's package is not installed.
    """
    model = chain.classifier
    if explain is not None and explain not in model.card.classes:
        known = ", ".join(model.card.classes)
        raise ModelError(f'cannot explain "{explain}": the classes of {model.card.name} are {known}')
    place = choose_device(device)
    clock = StepClock(on_step)
    with clock.step("set up"):
        create_features(model, backend=backend, device=place)  # prediction finds it made
    with clock.step("read"):
        volume, study = load_study(path, series_uid=series_uid)
    with clock.step("lungs"):
        lungs = segment_lungs(volume)
    four = classify_four(
        volume,
        lungs,
        model,
        chain.severity,
        explain=explain,
        device=place,
        backend=backend,
        seed=seed,
        clock=clock,
    )
    report = Report(
        warnings=warnings_of(*chain.cards),
        study=study_info(volume),
        series=series_infos(study),
        lungs=_lung_measurements(lungs, volume),
        classification=four.classification,
        severity=four.severity,
        explanation=four.explanation,
        quality=(*volume.source.notes, *study_notes(volume), *lung_notes(lungs, volume)),
        model=model_info(model),
        provenance=Provenance(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            pleura=__version__,
            python=platform.python_version(),
            torch=torch.__version__,
            device=str(place),
            seed=seed,
            settings=_settings(model.card, backend),
            seconds={name: round(value, 3) for name, value in clock.seconds.items()},
        ),
    )
    return Diagnosis(report=report, volume=volume, lungs=lungs, heat=four.heat)


def _lung_measurements(lungs: npt.NDArray[np.uint8], volume: Volume) -> LungMeasurements:
    right, left = lung_litres(lungs, volume)
    extent = lung_slices(lungs)
    return LungMeasurements(
        right_ml=1000 * right, left_ml=1000 * left, first_slice=extent.start, last_slice=extent.stop - 1
    )


def _settings(card: Card, backend: str) -> dict[str, str]:
    """Put in words how the four-class answer was made."""
    return {
        "window_hu": f"{card.input.window_low}..{card.input.window_high}",
        "size": str(card.input.size),
        "field": card.input.field,
        "subsets": f"{card.input.subsets} of {card.input.slices} slices",
        "interval": card.input.interval,
        "temperature": str(card.temperature),
        "precision": "float32",
        "backend": backend_version(backend),
    }
