"""All of a chain's parts in one report, each as its model gives it alone; and chains that cannot be."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from diagnosis.chest_phantom import chest_phantom
from diagnosis.test_clinical import _model as clinical_model
from diagnosis.test_pipeline import _model as four_classes
from pleura.data.faults.kinds import SLICE_CLASSES
from pleura.diagnosis.chain import Chain
from pleura.diagnosis.clinical import diagnose_clinical
from pleura.diagnosis.pipeline import Diagnosis, diagnose_study
from pleura.diagnosis.stepwise import CutOffChoice, Stepwise, classify_stepwise
from pleura.errors import IntensityError, ModelError, StudyError
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
def diagnosis(study: Path, stepwise: Stepwise) -> Diagnosis:
    share = float(np.quantile(_share_of_air(study), 0.3))
    chain = Chain(
        cleaner=_cleaner(share),
        classifier=four_classes(),
        stepwise=stepwise,
        clinical=_clinical(f"micro-covid {stepwise.dl2.id}"),
    )
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
        "heat-map",
    ]


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
