"""A study in, a Diagnosis out; the steps stand here in the order of the papers' figures."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from pleura import __version__
from pleura.data.intensity import check_volume
from pleura.diagnosis.chain import Chain
from pleura.diagnosis.clean import clean_study, refuse_unfit
from pleura.diagnosis.clinical import diagnose_clinical
from pleura.diagnosis.clock import StepClock
from pleura.diagnosis.compose import agreement, model_info, series_infos, study_info, warnings_of
from pleura.diagnosis.conclusion import conclude
from pleura.diagnosis.find_lesions import find_lesions
from pleura.diagnosis.four_class import classify_four, explain_four, grade_four, why_not_graded
from pleura.diagnosis.lungs import find_lungs
from pleura.diagnosis.prepared import PreparedSlices
from pleura.diagnosis.quality import study_notes
from pleura.diagnosis.report import Classification, LungMeasurements, Provenance, Report, StepwiseDiagnosis
from pleura.diagnosis.runner import StepRunner, given
from pleura.diagnosis.slice_network import ask_slice_network
from pleura.diagnosis.steps import EVERYTHING, StepChoice, choose_steps
from pleura.diagnosis.stepwise import COVID, combine, stepwise_diagnosis
from pleura.errors import ModelError, RecipeError
from pleura.imaging.lungs import lung_litres, lung_notes, lung_slices
from pleura.imaging.mask_read import read_mask_on
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume
from pleura.models.backend import backend_version, create_features
from pleura.models.device import choose_device
from pleura.models.files import Model, SegmentationModel

__all__ = ["Diagnosis", "diagnose_study"]

_CLASSIFIERS = {"four-class": "four classes", "stepwise": "two steps"}
"""Step -> what the conclusion calls it."""


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
    steps: StepChoice = EVERYTHING,
    patient: Mapping[str, float] | None = None,
    lobes: Path | None = None,
    series_uid: str | None = None,
    explain: str | None = None,
    device: str = "cpu",
    backend: str = "torch",
    seed: int = 0,
    on_step: Callable[[str], None] = lambda _: None,
) -> Diagnosis:
    """Diagnose one study.

    Without the study, its lungs, or enough fit slices there is no diagnosis. Past these, a step that fails is named in
    the report and takes no other step's answer with it, except of those that are made from its own.

    Parameters
    ----------
    path : DICOM file or folder, ZIP, or NIfTI
    chain : the models that are asked
    steps : which steps are done; by default all for which the chain has a model
    patient : clinical values by feature, as `pleura.data.clinical_table.read.read_patient` gives them; goes with a
        clinical model, and only with one
    lobes : NIfTI mask on the study's grid: 0 none, 1 right upper, 2 right middle, 3 right lower, 4 left upper, 5 left
        lower lobe; lesions are then measured by lobe, too
    series_uid : the series to use; the best one by default
    explain : the class whose heat map is made; the most probable one by default
    device : cpu, cuda or cuda:N
    backend : torch, or openvino on the CPU; for the four classes, the grade, lesions and lungs. The others' networks
        are so small that compiling them takes longer than computing them
    seed : draws the slice subsets; the same seed gives the same answer
    on_step : told the name of each step as it begins

    Raises
    ------
    StudyError
        If the study cannot be used; which kind says why.
    ModelError
        If the classifier does not know the class to explain, or the device is not there or not the backend's.
    RecipeError
        If a step is asked for by name that cannot be done, or none is left to do; or lobes are given without lesions.
    MissingExtraError
        If the backend's package is not installed.
    """
    _refuse_what_cannot_be(chain, patient, explain)
    place = choose_device(device)
    plan = choose_steps(steps, chain.absent)
    if lobes is not None and "lesions" in plan.left_out:
        raise RecipeError(f"a lobe mask is given, but no lesions are looked for: {plan.left_out['lesions']}")
    clock = StepClock(on_step)
    do = StepRunner(plan, clock)
    with clock.step("set up"):
        if chain.classifier is not None:
            create_features(chain.classifier, backend=backend, device=place)  # prediction finds it made
    with clock.step("read"):
        volume, study = load_study(path, series_uid=series_uid)
        for settings in chain.inputs:
            check_volume(volume, settings)
    with clock.step("lungs"):
        lungs = find_lungs(volume, model=chain.lungs, device=place, backend=backend)
    slices = PreparedSlices(volume, lungs)

    cleaned = do.run("clean", lambda: clean_study(given(chain.cleaner), volume, lungs, device=place))
    if cleaned is not None:
        refuse_unfit(cleaned.part)
    unfit = None if cleaned is None else ~cleaned.slices.kept

    four = do.run(
        "four-class",
        lambda: classify_four(given(chain.classifier), slices, device=place, backend=backend, seed=seed),
    )
    dl1 = do.run("dl1", lambda: ask_slice_network(given(chain.stepwise).dl1, slices, left_out=unfit, device=place))
    dl2 = do.run("dl2", lambda: ask_slice_network(given(chain.stepwise).dl2, slices, left_out=unfit, device=place))
    two_steps = do.run(
        "stepwise",
        lambda: stepwise_diagnosis(given(chain.stepwise), combine(given(chain.stepwise), given(dl1), given(dl2))),
    )
    by_ct = None if dl2 is None else dl2.probability(COVID)
    clinical = do.run("dl3", lambda: diagnose_clinical(given(chain.clinical), given(patient), by_ct))
    found = do.run(
        "lesions",
        lambda: find_lesions(
            given(chain.lesions),
            volume,
            lungs,
            lobes=None if lobes is None else read_mask_on(lobes, volume),
            left_out=unfit,
            device=place,
            backend=backend,
        ),
    )
    grade = do.run(
        "severity",
        lambda: grade_four(given(four), given(chain.severity), slices, device=place, backend=backend, seed=seed),
        unless=why_not_graded(four),
    )
    looked = do.run("heat-map", lambda: explain_four(given(four), slices, target=explain))

    cleaning = None if cleaned is None else cleaned.part
    classification = None if four is None else four.part
    first, second = (None if dl is None else dl.part for dl in (dl1, dl2))
    lesions = None if found is None else found.part
    in_lungs = _lung_measurements(lungs, volume, chain.lungs)
    parts = (in_lungs, cleaning, first, second, clinical, lesions, grade)
    asked = () if chain.classifier is None or four is None else (model_info(chain.classifier),)
    report = Report(
        warnings=warnings_of(*asked, *(part.model for part in parts if part is not None and part.model is not None)),
        study=study_info(volume),
        series=series_infos(study),
        lungs=in_lungs,
        cleaning=cleaning,
        classification=classification,
        severity=grade,
        dl1=first,
        dl2=second,
        stepwise=two_steps,
        agreement=_agreement(classification, two_steps),
        clinical=clinical,
        explanation=None if looked is None else looked.part,
        lesions=lesions,
        conclusion=conclude(
            four=classification,
            steps=two_steps,
            dl1=first,
            dl2=second,
            cleaning=cleaning,
            clinical=clinical,
            lesions=lesions,
            failed=[said for name, said in _CLASSIFIERS.items() if do.gave_nothing(name)],
        ),
        quality=(
            *volume.source.notes,
            *study_notes(volume),
            *lung_notes(lungs, volume),
            *((cleaning.note,) if cleaning is not None and cleaning.verdict == "flagged" else ()),
        ),
        steps=do.records,
        failures=do.failures,
        model=asked[0] if asked else None,
        provenance=Provenance(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            pleura=__version__,
            python=platform.python_version(),
            torch=torch.__version__,
            device=str(place),
            seed=seed,
            settings=_settings(chain.classifier, backend),
            seconds={name: round(value, 3) for name, value in clock.seconds.items()},
        ),
    )
    return Diagnosis(
        report=report,
        volume=volume,
        lungs=lungs,
        heat=None if looked is None else looked.heat,
        lesions=None if found is None else found.mask,
    )


def _refuse_what_cannot_be(chain: Chain, patient: Mapping[str, float] | None, explain: str | None) -> None:
    """Refuse arguments that contradict one another."""
    if explain is not None:
        known = () if chain.classifier is None else chain.classifier.card.classes
        if explain not in known:
            whose = "there is no model" if chain.classifier is None else f"the classes of {chain.classifier.card.name}"
            raise ModelError(f'cannot explain "{explain}": {whose}{" are " if known else ""}{", ".join(known)}')
    if (patient is None) != (chain.clinical is None):
        lacks = "are no clinical values" if patient is None else "is no clinical model"
        raise ModelError(f"there {lacks}; give both values and model, or neither")


def _agreement(four: Classification | None, steps: StepwiseDiagnosis | None) -> str:
    return "" if four is None or steps is None else agreement(four.answer, steps.answer)


def _lung_measurements(
    lungs: npt.NDArray[np.uint8], volume: Volume, model: SegmentationModel | None
) -> LungMeasurements:
    right, left = lung_litres(lungs, volume)
    extent = lung_slices(lungs)
    return LungMeasurements(
        right_ml=1000 * right,
        left_ml=1000 * left,
        first_slice=extent.start,
        last_slice=extent.stop - 1,
        model=None if model is None else model_info(model),
    )


def _settings(classifier: Model | None, backend: str) -> dict[str, str]:
    """Put in words how the four-class answer was made."""
    made = {"precision": "float32", "backend": backend_version(backend)}
    if classifier is None:
        return made
    card = classifier.card
    return {
        "window_hu": f"{card.input.window_low}..{card.input.window_high}",
        "size": str(card.input.size),
        "field": card.input.field,
        "subsets": f"{card.input.subsets} of {card.input.slices} slices",
        "interval": card.input.interval,
        "temperature": str(card.temperature),
        **made,
    }
