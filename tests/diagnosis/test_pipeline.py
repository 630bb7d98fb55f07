"""The whole way from files to a report, with a network whose answer is known beforehand.

The network counts voxels between -600 and -100 HU: in the phantom, the dense block and little else.
"""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from diagnosis.chest_phantom import chest_phantom
from pleura.diagnosis.chain import Chain
from pleura.diagnosis.compose import UNDETERMINED
from pleura.diagnosis.pipeline import Diagnosis, diagnose_study
from pleura.diagnosis.report import Report
from pleura.errors import ModelError, StudyError
from pleura.imaging.nifti_write import write_nifti
from pleura.models.card import Card
from pleura.models.classifier import Classifier
from pleura.models.files import Model
from pleura.settings import CLASSES, GRADES, InputSettings

INPUT = InputSettings(size=64)


class _DenseVoxels(Classifier):
    """One class by the share of voxels between -600 and -100 HU, the others by nothing."""

    def __init__(self, weight: float, classes: int = 4, favoured: int = 3) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(functional.one_hot(torch.tensor(favoured), classes) * weight)

    def forward_features(self, x: Tensor) -> Tensor:
        hu = x * INPUT.std + INPUT.mean
        return functional.avg_pool3d(((hu > -600) & (hu < -100)).float(), 4)

    def classify(self, features: Tensor) -> Tensor:
        return features.mean(dim=(1, 2, 3, 4))[:, None] * self.weight


def _model(
    weight: float = 1000.0, threshold: float = 0.5, task: str = "diagnosis", favoured: str = "bacterial", size: int = 64
) -> Model:
    classes = CLASSES if task == "diagnosis" else GRADES
    card = Card(
        name="dense-voxels",
        task=task,
        architecture="densenet3d",
        arguments={"classes": len(classes)},
        classes=classes,
        input=InputSettings(size=size),
        licence="Apache-2.0",
        training={"synthetic": True, "cases": 0, "summary": "nothing; a test"},
        thresholds={"answer": threshold},
    )
    network = _DenseVoxels(weight, len(classes), classes.index(favoured)).eval()
    return Model(network, card, ("e" if task == "diagnosis" else "f") * 64, Path("nowhere"))


def _diagnose(folder: Path, *, side: str, low: bool, **arguments: object) -> tuple[Diagnosis, np.ndarray]:
    volume, block = chest_phantom(side=side, low=low)
    path = folder / "phantom.nii.gz"
    write_nifti(path, volume.hu, volume.affine)
    chain = Chain(classifier=arguments.pop("model", None) or _model(), severity=arguments.pop("severity", None))  # type: ignore[arg-type]
    return diagnose_study(path, chain, **arguments), block  # type: ignore[arg-type]


@pytest.mark.parametrize("low", [True, False])
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_heat_lies_on_the_block_on_its_own_side(tmp_path: Path, side: str, low: bool) -> None:
    diagnosis, block = _diagnose(tmp_path, side=side, low=low)
    peak = np.unravel_index(diagnosis.heat.argmax(), diagnosis.heat.shape)
    assert block[peak]
    assert diagnosis.report.classification.answer == "bacterial"
    explanation = diagnosis.report.explanation
    assert explanation.peak_side == f"{side} lung"
    assert explanation.peak_lps_mm is not None
    assert (explanation.peak_lps_mm[0] > 0) == (side == "left")
    assert (explanation.peak_lps_mm[2] < 0) == low
    heat = diagnosis.heat.astype(float)
    assert explanation.share_in_lungs == pytest.approx(heat[diagnosis.lungs > 0].sum() / heat.sum())


@pytest.fixture(scope="module")
def diagnosis(tmp_path_factory: pytest.TempPathFactory) -> Diagnosis:
    return _diagnose(tmp_path_factory.mktemp("study"), side="left", low=True)[0]


def test_the_report_agrees_with_itself(diagnosis: Diagnosis) -> None:
    report = diagnosis.report
    answer = report.classification
    np.testing.assert_allclose(np.mean(answer.subset_probabilities, axis=0), answer.probabilities)
    assert sum(answer.probabilities) == pytest.approx(1)
    assert len(answer.subset_slices) == 5
    for row in answer.subset_slices:
        assert len(row) == 16
        assert list(row) == sorted(row)
        assert row[0] >= report.lungs.first_slice
        assert row[-1] <= report.lungs.last_slice
    assert report.lungs.right_ml == pytest.approx((diagnosis.lungs == 1).sum() * 6 * 4 * 4 / 1000, rel=1e-6)
    assert report.lungs.left_ml == pytest.approx((diagnosis.lungs == 2).sum() * 6 * 4 * 4 / 1000, rel=1e-6)
    assert diagnosis.heat.shape == diagnosis.lungs.shape == diagnosis.volume.shape == report.study.shape
    assert set(report.provenance.seconds) == {"set up", "read", "lungs", "four-class", "heat-map"}
    assert report.model.id == "e" * 64
    assert report.study.sha256 == diagnosis.volume.source.sha256
    assert [series.chosen for series in report.series] == [True]


def test_synthetic_training_is_said(diagnosis: Diagnosis) -> None:
    assert any("Synthetic training data" in line for line in diagnosis.report.warnings)
    assert "not a medical device" in diagnosis.report.disclaimer


def test_the_written_report_reads_back(diagnosis: Diagnosis) -> None:
    assert Report.model_validate_json(diagnosis.report.model_dump_json()) == diagnosis.report


def test_the_same_seed_gives_the_same_answer(tmp_path: Path) -> None:
    first, second, other = (_diagnose(tmp_path, side="left", low=True, seed=seed)[0] for seed in (4, 4, 5))
    assert first.report.classification == second.report.classification
    assert np.array_equal(first.heat, second.heat)
    assert first.report.classification.subset_slices != other.report.classification.subset_slices


def test_either_backend_gives_the_answer_and_is_named(tmp_path: Path, diagnosis: Diagnosis) -> None:
    other, _ = _diagnose(tmp_path, side="left", low=True, backend="openvino")
    np.testing.assert_allclose(
        other.report.classification.probabilities, diagnosis.report.classification.probabilities, atol=1e-4
    )
    np.testing.assert_allclose(other.heat, diagnosis.heat, atol=1)
    assert diagnosis.report.provenance.settings["backend"].startswith("torch 2.")
    assert other.report.provenance.settings["backend"].startswith("openvino 20")


def test_below_the_threshold_there_is_no_answer(tmp_path: Path) -> None:
    model = _model(weight=1e-3)
    diagnosis, _ = _diagnose(tmp_path, side="left", low=True, model=model)
    assert diagnosis.report.classification.answer == UNDETERMINED
    assert diagnosis.report.classification.top_class == "bacterial"


def test_another_class_can_be_explained_and_an_empty_map_is_said(tmp_path: Path) -> None:
    diagnosis, _ = _diagnose(tmp_path, side="left", low=True, explain="healthy")
    explanation = diagnosis.report.explanation
    assert (explanation.target_class, explanation.share_in_lungs, explanation.peak_side) == ("healthy", None, None)
    assert "empty" in explanation.note
    assert not diagnosis.heat.any()


@pytest.mark.parametrize("size", [64, 32])
def test_covid_19_is_graded(tmp_path: Path, size: int) -> None:
    grader = _model(task="severity", favoured="III", size=size)
    covid = _model(favoured="covid-19")
    report = _diagnose(tmp_path, side="left", low=True, model=covid, severity=grader)[0].report
    assert report.severity is not None
    assert (report.severity.grade, report.severity.grades, report.severity.note) == ("III", GRADES, "")
    assert sum(report.severity.probabilities) == pytest.approx(1)
    assert report.severity.probabilities[2] > 0.9
    assert report.severity.model.id == "f" * 64
    assert "severity" in report.provenance.seconds


def test_an_undetermined_case_is_graded_with_a_note(tmp_path: Path) -> None:
    unsure = _model(weight=1e-3, favoured="covid-19")
    grader = _model(task="severity", favoured="I")
    report = _diagnose(tmp_path, side="left", low=True, model=unsure, severity=grader)[0].report
    assert report.classification.answer == UNDETERMINED
    assert report.severity is not None
    assert "as if it were COVID-19" in report.severity.note


def test_other_classes_are_not_graded(tmp_path: Path) -> None:
    grader = _model(task="severity", favoured="III")
    assert _diagnose(tmp_path, side="left", low=True, severity=grader)[0].report.severity is None
    assert _diagnose(tmp_path, side="left", low=True, model=_model(favoured="covid-19"))[0].report.severity is None


def test_a_field_around_the_lungs_puts_the_heat_on_the_block_too(tmp_path: Path) -> None:
    model = _model()
    card = dataclasses.replace(model.card, input=InputSettings(size=64, field="lungs"))
    diagnosis, block = _diagnose(
        tmp_path, side="right", low=False, model=Model(model.network, card, model.id, model.path)
    )
    assert block[np.unravel_index(diagnosis.heat.argmax(), diagnosis.heat.shape)]
    assert diagnosis.report.explanation.peak_side == "right lung"
    assert diagnosis.report.provenance.settings["field"] == "lungs"


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot explain"):
        _diagnose(tmp_path, side="left", low=True, explain="influenza")
    with pytest.raises(ModelError, match="device"):
        _diagnose(tmp_path, side="left", low=True, device="tpu")
    with pytest.raises(ModelError, match="backend"):
        _diagnose(tmp_path, side="left", low=True, backend="tpu")
    with pytest.raises(ModelError, match="is for severity; give one for diagnosis"):
        _diagnose(tmp_path, side="left", low=True, model=_model(task="severity", favoured="I"))
    with pytest.raises(ModelError, match="is for diagnosis; give one for severity"):
        _diagnose(tmp_path, side="left", low=True, severity=_model())
    with pytest.raises(StudyError):
        diagnose_study(tmp_path / "nothing", Chain(classifier=_model()))
