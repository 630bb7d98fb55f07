"""All of a chain's parts in one report, each as its model gives it alone; and chains that cannot be."""

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from diagnosis.chest_phantom import chest_phantom
from diagnosis.segmenter_stand_in import stand_in
from diagnosis.test_clinical import _model as clinical_model
from diagnosis.test_pipeline import _model as four_classes
from pleura.data.faults.kinds import SLICE_CLASSES
from pleura.diagnosis.chain import Chain
from pleura.diagnosis.clinical import diagnose_clinical
from pleura.diagnosis.compose import model_info
from pleura.diagnosis.conclusion import conclude
from pleura.diagnosis.lesions.measure import measure_lesions
from pleura.diagnosis.lungs import find_lungs
from pleura.diagnosis.pipeline import Diagnosis, diagnose_study
from pleura.diagnosis.report import Report
from pleura.diagnosis.steps import STEPS, StepChoice
from pleura.diagnosis.stepwise import CutOffChoice, Stepwise, classify_stepwise
from pleura.errors import IntensityError, ModelError, RecipeError, StudyError
from pleura.imaging.grey_levels import Window, describe_levels
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.study import load_study
from pleura.models.card import Card
from pleura.models.classifier import Classifier
from pleura.models.files import Model, load_model
from pleura.settings import InputSettings
from training import slice_micro

PATIENT = {"temperature_c": 39.2, "cough": 1.0}


class _KeepsAir(Classifier):
    """A slice is fit where more than a share of its voxels are air or lung, else it shows no lung."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = torch.nn.Parameter(torch.tensor(share))

    def forward_features(self, x: Tensor) -> Tensor:
        return x

    def classify(self, features: Tensor, counts: Tensor | None = None) -> Tensor:
        hu = features * INPUT.std + INPUT.mean
        over = (hu < -500).float().mean(dim=(1, 2, 3, 4)) - self.share
        logits = torch.full((len(over), len(SLICE_CLASSES)), -9.0)
        logits[:, 0], logits[:, 1] = 100 * over, -100 * over
        return logits


INPUT = InputSettings(size=96, window_low=-1024, window_high=3000, slices=4, subsets=1)


def _cleaner(share: float) -> Model:
    card = Card(
        name="keeps-air",
        task="cleaner",
        architecture="resnet18",
        arguments={"classes": len(SLICE_CLASSES)},
        classes=SLICE_CLASSES,
        input=INPUT,
        licence="Apache-2.0",
        training={"synthetic": False, "summary": "nothing; a test"},
    )
    return Model(_KeepsAir(share).eval(), card, "c" * 64, Path("nowhere"))


@pytest.fixture(scope="module")
def stepwise(tmp_path_factory: pytest.TempPathFactory) -> Stepwise:
    folder = tmp_path_factory.mktemp("models")
    slice_micro.write_model(folder, "viral", seed=1)
    slice_micro.write_model(folder, "covid", seed=2)
    choice = CutOffChoice(threshold=0.4, sensitivity=0.9, specificity=0.8, positives=10, negatives=20)
    return Stepwise(
        name="both",
        dl1=load_model(folder / "micro-viral"),
        dl2=load_model(folder / "micro-covid"),
        viral=choice,
        covid=dataclasses.replace(choice, threshold=0.3),
        rule="Youden's index",
        chosen_on="30 synthetic validation cases",
        date="2026-11-22",
    )


def _clinical(ct_model: str):
    model = clinical_model("linear")
    return dataclasses.replace(model, card=dataclasses.replace(model.card, ct_model=ct_model))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    volume, _ = chest_phantom(side="left", low=True)
    path = tmp_path_factory.mktemp("study") / "phantom.nii.gz"
    write_nifti(path, volume.hu, volume.affine)
    return path


def _share_of_air(study: Path) -> np.ndarray:
    volume, _ = load_study(study)
    return (np.asarray(volume.hu) < -500).mean(axis=(1, 2))


@pytest.fixture(scope="module")
def chain(study: Path, stepwise: Stepwise) -> Chain:
    """A model for every step; COVID-19 is the top class."""
    share = float(np.quantile(_share_of_air(study), 0.3))
    return Chain(
        cleaner=_cleaner(share),
        classifier=four_classes(favoured="covid-19"),
        severity=four_classes(task="severity", favoured="III"),
        stepwise=stepwise,
        clinical=_clinical(f"micro-covid {stepwise.dl2.id}"),
        lesions=stand_in("lesions", (-500.0, -100.0)),
    )


@pytest.fixture(scope="module")
def diagnosis(study: Path, chain: Chain) -> Diagnosis:
    return diagnose_study(study, chain, patient=PATIENT)


def test_the_parts_are_what_the_models_say_alone(diagnosis: Diagnosis, stepwise: Stepwise) -> None:
    report = diagnosis.report
    assert report.cleaning is not None
    assert report.stepwise is not None
    assert report.clinical is not None
    assert 0 < report.cleaning.kept < report.cleaning.total
    unfit = np.array([bool(reason) for reason in report.cleaning.slice_reasons])
    alone = classify_stepwise(stepwise, diagnosis.volume, diagnosis.lungs, left_out=unfit)
    assert (report.stepwise.viral, report.stepwise.covid_given_viral) == (alone.viral, alone.covid_given_viral)
    assert report.stepwise.slices_left_out == alone.left_out
    assert report.clinical == diagnose_clinical(_clinical(""), PATIENT, alone.covid_given_viral)
    assert report.agreement.startswith("Four classes and two steps")
    assert list(report.provenance.seconds) == [
        "set up",
        "read",
        "lungs",
        "clean",
        "four-class",
        "dl1",
        "dl2",
        "stepwise",
        "dl3",
        "lesions",
        "severity",
        "heat-map",
    ]
    assert [(step.name, step.outcome, step.why) for step in report.steps] == [(name, "done", "") for name in STEPS]
    assert report.failures == ()


def test_the_slice_networks_answers_are_those_of_the_two_steps(diagnosis: Diagnosis) -> None:
    report = diagnosis.report
    assert report.dl1 is not None
    assert report.dl2 is not None
    assert report.stepwise is not None
    assert report.dl1.probabilities[report.dl1.classes.index("viral")] == report.stepwise.viral
    assert report.dl2.probabilities[report.dl2.classes.index("covid-19")] == report.stepwise.covid_given_viral
    assert report.dl1.slices_left_out == report.dl2.slices_left_out == report.stepwise.slices_left_out
    assert (report.dl1.model, report.dl2.model) == report.stepwise.models


def test_the_lesions_are_what_is_measured_on_their_mask(diagnosis: Diagnosis, chain: Chain) -> None:
    assert chain.lesions is not None
    assert diagnosis.lesions is not None
    _, block = chest_phantom(side="left", low=True)
    assert 2 * (diagnosis.lesions & block).sum() > 0.9 * (diagnosis.lesions.sum() + block.sum())
    model = model_info(chain.lesions)
    measured = measure_lesions(diagnosis.lesions, diagnosis.lungs, diagnosis.volume, model=model)
    assert diagnosis.report.lesions == measured


def test_the_conclusion_is_drawn_from_the_reports_own_parts(diagnosis: Diagnosis) -> None:
    report = diagnosis.report
    assert report.conclusion == conclude(
        four=report.classification,
        steps=report.stepwise,
        dl1=report.dl1,
        dl2=report.dl2,
        cleaning=report.cleaning,
        clinical=report.clinical,
        lesions=report.lesions,
    )


PARTS = {
    "clean": "cleaning",
    "four-class": "classification",
    "dl1": "dl1",
    "dl2": "dl2",
    "stepwise": "stepwise",
    "dl3": "clinical",
    "lesions": "lesions",
    "severity": "severity",
    "heat-map": "explanation",
}


def _outcomes(report: Report) -> dict[str, str]:
    return {step.name: step.outcome for step in report.steps}


@pytest.mark.parametrize(
    ("steps", "done"),
    [
        (StepChoice(only=("clean", "lesions")), ["clean", "lesions"]),
        (StepChoice(only=("clean", "stepwise")), ["clean", "dl1", "dl2", "stepwise"]),
        (StepChoice(only=("severity",)), ["four-class", "severity"]),
        (
            StepChoice(without=("heat-map", "dl1", "lesions")),
            ["clean", "four-class", "dl2", "dl3", "severity"],
        ),
    ],
)
def test_chosen_steps_say_what_they_say_in_the_whole_chain(
    study: Path, chain: Chain, diagnosis: Diagnosis, steps: StepChoice, done: list[str]
) -> None:
    found = diagnose_study(study, chain, steps=steps, patient=PATIENT)
    report = found.report
    for name, part in PARTS.items():
        expected = getattr(diagnosis.report, part) if name in done else None
        assert getattr(report, part) == expected, name
    assert _outcomes(report) == {name: "done" if name in done else "left out" for name in STEPS}
    assert (found.heat is None, found.lesions is None) == ("heat-map" not in done, "lesions" not in done)
    assert (report.model is None) == ("four-class" not in done)
    assert all(step.why for step in report.steps if step.outcome == "left out")
    assert Report.model_validate_json(report.model_dump_json()) == report


class _OfAnotherSize(Classifier):
    """Takes slices of 64 x 64 only, and is given others."""

    def forward_features(self, x: Tensor) -> Tensor:
        return x.view(len(x), 1, 1, 64, 64)

    def classify(self, features: Tensor, counts: Tensor | None = None) -> Tensor:
        return features.mean(dim=(2, 3, 4))


def _without_numbers(model: Model) -> Model:
    network = copy.deepcopy(model.network)
    with torch.no_grad():
        for weights in network.parameters():
            weights.fill_(torch.nan)
    return dataclasses.replace(model, network=network)


def test_a_network_without_numbers_loses_only_its_own_answer(study: Path, chain: Chain, diagnosis: Diagnosis) -> None:
    """The second step's network fails: with it go the two steps' answer, and the CT's part of the clinical answer."""
    assert chain.stepwise is not None
    dl2 = chain.stepwise.dl2
    broken = _without_numbers(dl2)
    report = diagnose_study(
        study,
        dataclasses.replace(chain, stepwise=dataclasses.replace(chain.stepwise, dl2=broken)),
        patient=PATIENT,
    ).report
    (failure,) = report.failures
    assert (failure.step, failure.kind, failure.fault) == ("dl2", "ModelError", False)
    assert "no numbers" in failure.message
    for name, part in PARTS.items():
        if name not in ("dl2", "stepwise", "dl3"):
            assert getattr(report, part) == getattr(diagnosis.report, part), name
    assert report.dl2 is None
    assert report.stepwise is None
    assert _outcomes(report)["stepwise"] == "left out"
    assert report.clinical is not None
    assert report.clinical.ct_probability is None
    assert report.conclusion is not None
    assert any("Two steps failed" in note for note in report.conclusion.notes)


def test_a_cleaner_that_fails_leaves_no_slice_out(
    study: Path, chain: Chain, diagnosis: Diagnosis, caplog: pytest.LogCaptureFixture
) -> None:
    """Its network takes slices of another size than its card says: a fault, whose traceback is in the log."""
    assert chain.cleaner is not None
    broken = dataclasses.replace(chain.cleaner, network=_OfAnotherSize())
    report = diagnose_study(study, dataclasses.replace(chain, cleaner=broken), patient=PATIENT).report
    (failure,) = report.failures
    assert (failure.step, failure.kind, failure.fault) == ("clean", "RuntimeError", True)
    assert "shape" in failure.message
    assert "traceback" in failure.what_to_do
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [RuntimeError]
    assert report.cleaning is None
    assert report.dl1 is not None
    assert report.dl1.slices_left_out == 0
    assert report.classification == diagnosis.report.classification


def test_a_lobe_mask_is_measured_and_is_refused_where_no_lesions_are_sought(
    study: Path, chain: Chain, tmp_path: Path
) -> None:
    found = diagnose_study(study, chain, steps=StepChoice(only=("clean",)), patient=PATIENT)
    labels = np.where(found.lungs == 1, 1, np.where(found.lungs == 2, 5, 0)).astype(np.uint8)
    lobes, shorter, shifted = (tmp_path / f"{name}.nii.gz" for name in ("lobes", "shorter", "shifted"))
    away = found.volume.affine.copy()
    away[2, 3] += 40.0  # mm towards the head
    write_nifti(lobes, labels, found.volume.affine)
    write_nifti(shorter, labels[1:], found.volume.affine)
    write_nifti(shifted, labels, away)
    steps = StepChoice(only=("lesions",))
    findings = diagnose_study(study, chain, steps=steps, patient=PATIENT, lobes=lobes).report.lesions
    assert findings is not None
    by_lobe = {lobe.name: lobe.lesion_ml for lobe in findings.lobes}
    assert by_lobe.pop("right upper lobe") == pytest.approx(findings.right.lesion_ml)
    assert by_lobe.pop("left lower lobe") == pytest.approx(findings.left.lesion_ml)
    assert findings.left.lesion_ml > 50
    assert set(by_lobe.values()) == {0.0}
    with pytest.raises(RecipeError, match="lobe mask is given, but no lesions are looked for: not wanted"):
        diagnose_study(study, chain, steps=StepChoice(without=("lesions",)), patient=PATIENT, lobes=lobes)
    for elsewhere in (shorter, shifted):
        wrong = diagnose_study(study, chain, steps=steps, patient=PATIENT, lobes=elsewhere).report
        assert [(failure.step, failure.kind) for failure in wrong.failures] == [("lesions", "GeometryError")]


def test_a_learned_lung_mask_takes_the_place_of_the_geometric_one(study: Path, chain: Chain) -> None:
    lungs = stand_in("lungs", (-1000.0, -600.0))
    steps = StepChoice(only=("clean",))
    by_geometry = diagnose_study(study, chain, steps=steps, patient=PATIENT)
    learned = diagnose_study(study, dataclasses.replace(chain, lungs=lungs), steps=steps, patient=PATIENT)
    assert by_geometry.report.lungs.model is None
    assert learned.report.lungs.model == model_info(lungs)
    assert np.array_equal(learned.lungs, find_lungs(learned.volume, model=lungs))


def test_a_study_with_too_few_fit_slices_is_refused(study: Path) -> None:
    with pytest.raises(StudyError, match="go without the slice cleaner"):
        diagnose_study(study, Chain(cleaner=_cleaner(1.0), classifier=four_classes()))


def test_values_and_model_go_together(study: Path) -> None:
    with pytest.raises(ModelError, match="there are no clinical values"):
        diagnose_study(study, Chain(classifier=four_classes(), clinical=_clinical("")))
    with pytest.raises(ModelError, match="give both values and model"):
        diagnose_study(study, Chain(classifier=four_classes()), patient=PATIENT)


def test_a_fusion_with_another_model_than_the_second_step_is_refused(stepwise: Stepwise) -> None:
    for given_by in ("", "micro-covid " + "0" * 64):
        with pytest.raises(ModelError, match="train dl3 with its scores"):
            Chain(classifier=four_classes(), stepwise=stepwise, clinical=_clinical(given_by))
    Chain(classifier=four_classes(), clinical=_clinical(""))


def test_a_model_in_another_ones_place_is_refused() -> None:
    with pytest.raises(ModelError, match="is for diagnosis; give one for cleaner"):
        Chain(cleaner=four_classes(), classifier=four_classes())


def test_grey_levels_are_refused_where_a_model_needs_hounsfield_units(tmp_path: Path) -> None:
    volume, _ = chest_phantom(side="left", low=True)
    path = tmp_path / "grey.nii.gz"
    write_nifti(path, volume.hu, volume.affine, description=describe_levels(Window(-1200, 600)))
    with pytest.raises(IntensityError, match="256 grey levels"):
        diagnose_study(path, Chain(classifier=four_classes()))
