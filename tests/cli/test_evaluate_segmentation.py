"""`pleura evaluate segmentation` as a user runs it: masks against masks, and a network of fresh weights on a cohort."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.data.cohort import read_cohort
from pleura.data.synthetic.cohort import synthesize_cohort
from pleura.data.synthetic.hospitals import alike_hospitals
from pleura.diagnosis.default_lungs import DEFAULT_LUNGS
from pleura.diagnosis.lungs import find_lungs
from pleura.errors import CohortError, ModelError, RecipeError
from pleura.imaging.lungs import segment_lungs
from pleura.imaging.nifti_read import read_label_mask
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.study import load_study
from pleura.models.card import Card
from pleura.models.files import load_segmenter, save_model
from pleura.models.registry import create_network
from pleura.models.segmenter import SEGMENTS, Segmenter
from pleura.settings import InputSettings
from training import masked_micro

runner = CliRunner()
AFFINE = np.array([[0.0, 0.0, 2.0, 0.0], [0.0, 2.0, 0.0, 0.0], [5.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


def _run(*words: object) -> str:
    done = runner.invoke(app, ["evaluate", "segmentation", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def _box(first: int) -> np.ndarray:
    mask = np.zeros((4, 12, 12), np.uint8)
    mask[1:3, 2:6, first : first + 4] = 1
    return mask


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Three patients: the same box, one half beside it, and one with nothing to be found where 0.64 ml were."""
    boxes = {
        "masks": [_box(2), _box(4), 3 * _box(2)],
        "truth": [_box(2), _box(2), np.zeros_like(_box(2))],
        "lungs": [np.ones_like(_box(2))] * 3,
    }
    for folder, arrays in boxes.items():
        (tmp_path / folder).mkdir()
        for name, array in zip("abc", arrays, strict=True):
            write_nifti(tmp_path / folder / f"{name}.nii.gz", array, AFFINE)
    return {name: tmp_path / name for name in boxes}


def test_masks_against_true_masks(folders: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    shown = _run(*(word for name, path in folders.items() for word in (f"--{name}", path)), "--out", out)
    assert "3 cases of 3 patients, 2 with lesion" in shown
    table = json.loads((out / "segmentation.json").read_text())
    assert table["overall"]["dice"]["value"] == pytest.approx(0.75)
    assert table["overall"]["volume_ml"]["value"] == pytest.approx(0.64 / 3, abs=1e-6)
    assert table["overall"]["ratio_rmse"]["value"] == pytest.approx(32 / 576 / np.sqrt(3), abs=1e-6)
    assert table["agreement_of_the_ratio"]["pairs"] == 3
    with (out / "cases.csv").open() as file:
        rows = {row["case"]: row for row in csv.DictReader(file)}
    assert float(rows["b"]["dice"]) == 0.5
    assert rows["c"]["dice"] == ""
    written = {path.name for path in out.iterdir()}
    assert {"dice.png", "bland-altman.svg", "methods.md", "checklists.md"} <= written
    assert "Dice" in (out / "methods.md").read_text()


def test_labels_that_are_no_lesion_are_left_out(folders: dict[str, Path]) -> None:
    table = json.loads(_run("--masks", folders["masks"], "--truth", folders["truth"], "--kinds", "1,2", "--json"))
    assert table["overall"]["false_ml"] == 0.0  # label 3
    assert table["overall"]["ratio_rmse"] is None


def test_names_without_a_partner_and_contradictions_are_refused(folders: dict[str, Path]) -> None:
    (folders["truth"] / "b.nii.gz").unlink()
    with pytest.raises(CohortError, match="b is not in both"):
        _run("--masks", folders["masks"], "--truth", folders["truth"])
    with pytest.raises(RecipeError, match="either --cohort, or both --masks and --truth"):
        _run("--masks", folders["masks"])
    with pytest.raises(CohortError, match="no NIfTI file"):
        _run("--masks", folders["masks"].parent, "--truth", folders["truth"])


def test_a_mask_on_another_grid_is_refused(folders: dict[str, Path]) -> None:
    moved = AFFINE.copy()
    moved[0, 3] = 3.0
    write_nifti(folders["truth"] / "a.nii.gz", _box(2), moved)
    with pytest.raises(CohortError, match=r"a cannot be used: a lies 1.5 voxels away from the true mask"):
        _run("--masks", folders["masks"], "--truth", folders["truth"])


def _model(folder: Path) -> Path:
    """A network of fresh weights that is told to call nearly everything lesion."""
    torch.manual_seed(0)
    arguments = {"classes": 2, "growth": 4, "stem": 8, "aspp": 8, "low_level": 4}
    network = create_network("deeplabv3plus-densenet121", Segmenter, **arguments)
    card = Card(
        name="fresh",
        architecture="deeplabv3plus-densenet121",
        arguments=arguments,
        classes=SEGMENTS["lesions"],
        input=InputSettings(size=64, slices=8, subsets=1, interval="every", field="lungs"),
        licence="Apache-2.0",
        training={"synthetic": True, "summary": "nothing"},
        task="lesions",
        thresholds={"answer": 0.0},
    )
    save_model(network, card, folder)
    return folder


def test_a_model_on_a_cohort(tmp_path: Path) -> None:
    """With a cut-off of 0 everything in the lungs is lesion: what is found is the lungs themselves."""
    folder = masked_micro.write_cohort(tmp_path / "cohort", cases=8)
    model, out = _model(tmp_path / "fresh"), tmp_path / "out"
    shown = _run("--cohort", folder, "--model", model, "--out", out, "--split", "validation")
    cases = read_cohort(folder, classes=()).split("validation")
    assert f"{len(cases)} cases of {len(cases)} patients" in shown
    with (out / "cases.csv").open() as file:
        rows = {row["case"]: row for row in csv.DictReader(file)}
    for case in cases:
        lungs = read_label_mask(case.lungs) > 0
        lesions = np.zeros_like(lungs) if case.lesions is None else read_label_mask(case.lesions) > 0
        row = rows[case.case]
        extent = np.flatnonzero(
            np.count_nonzero(lungs, axis=(1, 2)) >= 0.02 * np.count_nonzero(lungs, axis=(1, 2)).max()
        )
        looked = lungs[extent[0] : extent[-1] + 1]
        assert float(row["found_ratio"]) == pytest.approx(looked.sum() / lungs.sum(), abs=1e-5)
        if lesions.any():
            both = (lesions[extent[0] : extent[-1] + 1] & looked).sum()
            assert float(row["dice"]) == pytest.approx(2 * both / (looked.sum() + lesions.sum()), abs=1e-5)
    methods = (out / "methods.md").read_text()
    assert "Cases were segmented by the model fresh" in methods
    assert "synthetic" in methods
    with pytest.raises(CohortError, match="in the split test"):
        _run("--cohort", folder, "--model", model)
    with pytest.raises(ModelError):
        _run("--cohort", folder, "--model", "ucadi-synthetic")


def test_lungs_are_found_as_in_a_diagnosis_or_by_geometry(tmp_path: Path) -> None:
    hospitals = alike_hospitals(1, ["north"], ["covid-19"])
    synthesize_cohort(tmp_path / "cohort", hospitals=hospitals, seed=4, size="tiny", format="nifti")
    [case] = read_cohort(tmp_path / "cohort", classes=()).cases
    volume, _ = load_study(case.study)
    expected = {DEFAULT_LUNGS: find_lungs(volume, model=load_segmenter(DEFAULT_LUNGS)), "none": segment_lungs(volume)}
    found = {}
    for number, (name, mask) in enumerate(expected.items()):
        words = () if name == DEFAULT_LUNGS else ("--lungs-model", name)
        out = tmp_path / f"out{number}"
        _run("--cohort", tmp_path / "cohort", "--split", case.split, "--own-lungs", "--out", out, *words)
        with (out / "cases.csv").open() as file:
            [row] = csv.DictReader(file)
        found[name] = float(row["found_lung_ml"])
        assert found[name] == pytest.approx(np.count_nonzero(mask) * volume.voxel_ml, abs=0.01)
        assert float(row["lung_ml"]) != found[name]
    assert found["none"] != found[DEFAULT_LUNGS]
