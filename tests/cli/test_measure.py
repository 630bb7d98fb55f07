"""`pleura measure` as a user runs it, on tiny generated chests whose masks are known."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.data.synthetic.case import SyntheticCase, generate_case
from pleura.errors import ModelError, RecipeError
from pleura.imaging.nifti_read import read_label_mask
from pleura.imaging.nifti_write import write_nifti

runner = CliRunner()


@pytest.fixture(scope="module")
def case() -> SyntheticCase:
    return generate_case(seed=11, label="covid-19", severity=3)


@pytest.fixture
def files(case: SyntheticCase, tmp_path: Path) -> dict[str, Path]:
    arrays = {"study": case.volume.hu, "lesions": case.lesions, "lungs": case.lungs, "lobes": case.lobes}
    for name, array in arrays.items():
        write_nifti(tmp_path / f"{name}.nii.gz", array, case.volume.affine)
    return {name: tmp_path / f"{name}.nii.gz" for name in arrays}


def _run(*words: object) -> tuple[int, str, str]:
    done = runner.invoke(app, ["measure", *map(str, words)], catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def test_a_readers_mask_is_measured_without_a_model(
    case: SyntheticCase, files: dict[str, Path], tmp_path: Path
) -> None:
    absent = tmp_path / "absent.nii.gz"
    masks = [f"--{name}" if name != "lesions" else "--mask" for name in ("lesions", "lungs", "lobes")]
    given = [
        word
        for _ in range(2)
        for flag, name in zip(masks, ("lesions", "lungs", "lobes"), strict=True)
        for word in (flag, files[name])
    ]
    out = tmp_path / "lesions.csv"
    code, shown, _ = _run(
        files["study"], absent, *given, "--kinds", "1,2", "--out", out, "--masks-out", tmp_path / "masks"
    )
    assert code == 1  # for the study that is not there
    assert f"{absent}: there is no file or folder" in shown
    with out.open() as file:
        rows = list(csv.DictReader(file))
    inside = np.isin(case.lesions, (1, 2)) & (case.lungs > 0)
    ml = case.volume.voxel_ml
    assert float(rows[0]["both_lungs_lesion_ml"]) == pytest.approx(inside.sum() * ml, abs=0.006)
    assert float(rows[0]["both_lungs_ratio"]) == pytest.approx(inside.sum() / (case.lungs > 0).sum(), abs=1e-6)
    assert float(rows[0]["right_lung_lung_ml"]) == pytest.approx((case.lungs == 1).sum() * ml, abs=0.006)
    lower = inside & (case.lobes == 5)
    assert float(rows[0]["left_lower_lobe_lesion_ml"]) == pytest.approx(lower.sum() * ml, abs=0.006)
    thirds = [float(rows[0][f"left_{name}_third_lesion_ml"]) for name in ("upper", "middle", "lower")]
    assert sum(thirds) == pytest.approx(float(rows[0]["left_lung_lesion_ml"]), abs=0.03)
    assert rows[0]["model"] == ""
    assert rows[0]["sentence"].startswith("Lesions fill ")
    assert rows[1]["both_lungs_lesion_ml"] == ""
    assert rows[1]["error"]
    written = read_label_mask(tmp_path / "masks" / "lesions" / "study.nii.gz")
    assert np.array_equal(written > 0, np.isin(case.lesions, (1, 2)))


def test_json_holds_the_reports_part(files: dict[str, Path]) -> None:
    code, shown, _ = _run(files["study"], "--mask", files["lesions"], "--lungs", files["lungs"], "--json")
    assert code == 0
    (found,) = json.loads(shown)
    assert found["lesions"]["model"] is None
    assert found["lesions"]["lobes"] == []
    assert len(found["lesions"]["thirds"]) == 6


def test_a_mask_of_another_grid_is_named_in_the_row(
    case: SyntheticCase, files: dict[str, Path], tmp_path: Path
) -> None:
    moved = case.volume.affine.copy()
    moved[2, 3] += 7.0
    write_nifti(tmp_path / "moved.nii.gz", case.lesions, moved)
    code, shown, _ = _run(files["study"], "--mask", tmp_path / "moved.nii.gz", "--lungs", files["lungs"])
    assert code == 1
    assert "moved.nii.gz lies" in shown
    assert "voxels away from the study" in shown


def test_contradictions_are_refused(files: dict[str, Path]) -> None:
    study, mask = files["study"], files["lesions"]
    with pytest.raises(RecipeError, match="either --model, or a --mask"):
        _run(study)
    with pytest.raises(RecipeError, match="either --model, or a --mask"):
        _run(study, "--mask", mask, "--model", "any")
    with pytest.raises(RecipeError, match="1 times --mask for 2 studies"):
        _run(study, study, "--mask", mask)
    with pytest.raises(RecipeError, match='--kinds "one"'):
        _run(study, "--mask", mask, "--kinds", "one")
    with pytest.raises(ModelError, match="no model"):
        _run(study, "--model", "not-there")
