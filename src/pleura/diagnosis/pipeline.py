"""A study in, a Diagnosis out; the steps stand here in the order of the papers' figures."""

import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from pleura import __version__
from pleura.data.intensity import check_volume
from pleura.diagnosis.chain import Chain
from pleura.diagnosis.clean import CleanedSlices, clean_slices, refuse_unfit, slice_cleaning
from pleura.diagnosis.clinical import diagnose_clinical
from pleura.diagnosis.clock import StepClock
from pleura.diagnosis.compose import agreement, model_info, series_infos, study_info, warnings_of
from pleura.diagnosis.four_class import classify_four
from pleura.diagnosis.quality import study_notes
from pleura.diagnosis.report import (
    ClinicalDiagnosis,
    LungMeasurements,
    ModelInfo,
    Provenance,
    Report,
    Severity,
    SliceCleaning,
    StepwiseDiagnosis,
)
from pleura.diagnosis.stepwise import classify_stepwise, stepwise_diagnosis
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
    heat: npt.NDArray[np.uint8] | None
    """(z, y, x): class activation map, 0 to 255; None where none was made."""
    lesions: npt.NDArray[np.uint8] | None = None
    """(z, y, x): 0 none, 1 lesion; None where they were not looked for."""


def diagnose_study(
    path: Path,
    chain: Chain,
    *,
    patient: Mapping[str, float] | None = None,
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
    patient : clinical values by feature, as `pleura.data.clinical_table.read.read_patient` gives them; goes with a
        clinical model, and only with one
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
    CohortError
        If a clinical value cannot be.
    ModelError
        If the classifier does not know the class to explain, or the device is not there or not the backend's.
    MissingExtraError
        If the backend's package is not installed.
    """
    model = chain.classifier
    if explain is not None and explain not in model.card.classes:
        known = ", ".join(model.card.classes)
        raise ModelError(f'cannot explain "{explain}": the classes of {model.card.name} are {known}')
    if (patient is None) != (chain.clinical is None):
        lacks = "are no clinical values" if patient is None else "is no clinical model"
        raise ModelError(f"there {lacks}; give both values and model, or neither")
    place = choose_device(device)
    clock = StepClock(on_step)
    with clock.step("set up"):
        create_features(model, backend=backend, device=place)  # prediction finds it made
    with clock.step("read"):
        volume, study = load_study(path, series_uid=series_uid)
        for settings in chain.inputs:
            check_volume(volume, settings)
    with clock.step("lungs"):
        lungs = segment_lungs(volume)
    cleaned, cleaning = _clean(chain, volume, lungs, place, clock)
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
    steps = _step_by_step(chain, volume, lungs, cleaned, place, clock)
    clinical = _with_clinical_data(chain, patient, steps, clock)
    report = Report(
        warnings=warnings_of(*_models(chain, four.severity, cleaning, steps, clinical)),
        study=study_info(volume),
        series=series_infos(study),
        lungs=_lung_measurements(lungs, volume),
        cleaning=cleaning,
        classification=four.classification,
        severity=four.severity,
        stepwise=steps,
        agreement="" if steps is None else agreement(four.classification.answer, steps.answer),
        clinical=clinical,
        explanation=four.explanation,
        quality=(
            *volume.source.notes,
            *study_notes(volume),
            *lung_notes(lungs, volume),
            *((cleaning.note,) if cleaning is not None and cleaning.verdict == "flagged" else ()),
        ),
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


def _clean(
    chain: Chain, volume: Volume, lungs: npt.NDArray[np.uint8], device: torch.device, clock: StepClock
) -> tuple[CleanedSlices | None, SliceCleaning | None]:
    """Find the slices that are fit for diagnosis; refuse a study with too few."""
    if chain.cleaner is None:
        return None, None
    with clock.step("clean"):
        cleaned = clean_slices(chain.cleaner, volume, device=device)
        part = slice_cleaning(cleaned, lungs, model_info(chain.cleaner))
        refuse_unfit(part)
    return cleaned, part


def _step_by_step(
    chain: Chain,
    volume: Volume,
    lungs: npt.NDArray[np.uint8],
    cleaned: CleanedSlices | None,
    device: torch.device,
    clock: StepClock,
) -> StepwiseDiagnosis | None:
    """Say whether it is viral, and which virus, by the slices that are fit."""
    if chain.stepwise is None:
        return None
    with clock.step("step by step"):
        left_out = None if cleaned is None else ~cleaned.kept
        result = classify_stepwise(chain.stepwise, volume, lungs, left_out=left_out, device=device)
    return stepwise_diagnosis(chain.stepwise, result)


def _with_clinical_data(
    chain: Chain, patient: Mapping[str, float] | None, steps: StepwiseDiagnosis | None, clock: StepClock
) -> ClinicalDiagnosis | None:
    """Say which virus by clinical data, alone and together with the second step."""
    if chain.clinical is None or patient is None:
        return None
    with clock.step("clinical data"):
        return diagnose_clinical(chain.clinical, patient, None if steps is None else steps.covid_given_viral)


def _models(
    chain: Chain,
    severity: Severity | None,
    cleaning: SliceCleaning | None,
    steps: StepwiseDiagnosis | None,
    clinical: ClinicalDiagnosis | None,
) -> Iterator[ModelInfo]:
    """Name all models whose answers are in the report."""
    yield model_info(chain.classifier)
    for part in (severity, cleaning, clinical):
        if part is not None:
            yield part.model
    if steps is not None:
        yield from steps.models


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
