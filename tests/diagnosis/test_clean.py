"""The verdict against cases worked by hand, and the shipped cleaner on real series."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from diagnosis.chest_phantom import chest_phantom
from pleura.data.faults.kinds import SLICE_CLASSES
from pleura.diagnosis.clean import CleanedSlices, clean_slices, refuse_unfit, slice_cleaning
from pleura.diagnosis.report import ModelInfo
from pleura.errors import ModelError, NoLungsError, StudyError
from pleura.imaging.study import load_study
from pleura.models.card import Card
from pleura.models.files import Model, load_model
from pleura.models.registry import create_network
from pleura.settings import InputSettings

INFO = ModelInfo(
    name="small",
    id="0" * 64,
    architecture="resnet18",
    licence="Apache-2.0",
    synthetic_training_data=True,
    training_data="none",
    performance="not measured",
)


def _cleaned(names: list[str], cutoff: float = 0.5) -> CleanedSlices:
    """Slices of which each is surely what its name says."""
    probabilities = np.full((len(names), len(SLICE_CLASSES)), 0.01)
    for z, name in enumerate(names):
        probabilities[z, SLICE_CLASSES.index(name)] = 0.93
    return CleanedSlices(classes=SLICE_CLASSES, probabilities=probabilities, cutoff=cutoff)


def _lungs(total: int, first: int, last: int) -> np.ndarray:
    mask = np.zeros((total, 6, 6), np.uint8)
    mask[first : last + 1, 2:4, 1:5] = 1
    return mask


@pytest.mark.parametrize(
    ("fit", "bad", "verdict"),
    [(8, 16, "fit"), (8, 17, "flagged"), (7, 0, "refused"), (7, 20, "refused"), (10, 0, "fit"), (20, 40, "fit")],
)
def test_the_verdict_follows_the_rule(fit: int, bad: int, verdict: str) -> None:
    names = ["no-lung"] * 3 + ["fit"] * fit + ["motion"] * bad + ["fit"] * 2
    part = slice_cleaning(_cleaned(names), _lungs(len(names), 3, 2 + fit + bad), INFO)
    assert part.verdict == verdict
    assert (part.lung_slices, part.kept_in_lungs) == (fit + bad, fit)
    assert (part.total, part.kept) == (len(names), fit + 2)
    assert part.reasons == {"no-lung": 3, "motion": bad} if bad else {"no-lung": 3}
    if verdict == "refused":
        with pytest.raises(StudyError, match=rf"7 of {fit + bad} slices within the lungs .*at least 8 are needed"):
            refuse_unfit(part)
    else:
        refuse_unfit(part)


def test_the_note_names_what_is_wrong_within_the_lungs_most_frequent_first() -> None:
    names = ["no-lung"] * 5 + ["fit"] * 9 + ["metal"] * 2 + ["arms"] * 3
    part = slice_cleaning(_cleaned(names), _lungs(19, 5, 18), INFO)
    assert part.note == "9 of 14 slices within the lungs are fit for diagnosis; the others: arms (3), metal (2)."
    assert part.slice_reasons[4:6] == ("no-lung", "")


def test_a_slice_is_kept_from_the_cutoff_on_and_else_named_by_the_worst_of_the_rest() -> None:
    probabilities = np.array([[0.30, 0.0, 0.6, 0.1, 0, 0, 0, 0], [0.29, 0.0, 0.2, 0.1, 0, 0, 0.41, 0]])
    cleaned = CleanedSlices(classes=SLICE_CLASSES, probabilities=probabilities, cutoff=0.30)
    assert cleaned.kept.tolist() == [True, False]
    assert cleaned.reasons == ("", "truncated")
    unsure = np.array([[0.4, 0.1, 0.1, 0.1, 0.1, 0.08, 0.06, 0.06]])
    assert dataclasses.replace(cleaned, probabilities=unsure, cutoff=0.5).reasons == ("no-lung",)


def test_masks_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ModelError, match="12 slices were cleaned, but the lung mask has 13"):
        slice_cleaning(_cleaned(["fit"] * 12), _lungs(13, 2, 9), INFO)
    with pytest.raises(NoLungsError):
        slice_cleaning(_cleaned(["fit"] * 12), np.zeros((12, 4, 4), np.uint8), INFO)


def _model(task: str = "cleaner") -> Model:
    torch.manual_seed(0)
    card = Card(
        name="small",
        architecture="resnet18",
        arguments={"classes": len(SLICE_CLASSES), "width": 2},
        classes=SLICE_CLASSES,
        input=InputSettings(size=32, window_low=-1024, window_high=3000, slices=4, subsets=1),
        licence="Apache-2.0",
        training={"synthetic": True, "summary": "none"},
        task=task,
        thresholds={"answer": 0.125},
    )
    network = create_network(card.architecture, **card.arguments)
    return Model(network.eval(), card, "0" * 64, Path())


def test_every_slice_of_a_volume_is_judged_on_its_own() -> None:
    volume, _ = chest_phantom(side="left", low=True)
    model = _model()
    cleaned = clean_slices(model, volume)
    assert cleaned.probabilities.shape == (48, 8)
    assert cleaned.cutoff == 0.125
    turned = dataclasses.replace(volume, hu=volume.hu[::-1].copy())
    np.testing.assert_allclose(clean_slices(model, turned).probabilities, cleaned.probabilities[::-1], atol=1e-6)


def test_a_model_for_something_else_is_refused() -> None:
    volume, _ = chest_phantom(side="left", low=True)
    with pytest.raises(ModelError, match="model small is for diagnosis; give one for cleaner"):
        clean_slices(_model("diagnosis"), volume)


@pytest.mark.parametrize("kernel", ["soft", "sharp"])
def test_the_shipped_cleaner_keeps_the_lungs_of_a_real_series_and_nothing_beyond_them(
    real_data: Path, kernel: str
) -> None:
    """By the lung segmentation slices 7 to 54 of these 64 show a tenth of the largest lung area or more."""
    volume, _ = load_study(real_data / "ct/lung-pet-ct-dx-a0001" / kernel)
    kept = clean_slices(load_model("cleaner-synthetic"), volume).kept
    assert kept[7:55].mean() >= 0.9
    assert kept[12:48].all()
    assert not kept[:5].any()
    assert not kept[56:].any()


def test_the_shipped_cleaner_is_small_and_says_that_it_is_synthetic() -> None:
    model = load_model("cleaner-synthetic")
    assert (model.path / "weights.safetensors").stat().st_size < 2_000_000
    assert model.card.synthetic
    assert (model.card.task, model.card.classes) == ("cleaner", SLICE_CLASSES)
    assert model.card.metrics["validation"]["auc_fit"] > 0.95
    assert set(model.card.metrics["test"]["kept"]) == set(SLICE_CLASSES)
