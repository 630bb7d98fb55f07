"""`pleura diagnose` as a person runs it: what it prints, writes, and leaves alone; exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from diagnosis.chest_phantom import chest_phantom
from pleura.diagnosis.report import Report
from pleura.imaging.nifti_write import write_nifti


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("pleura")), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    volume, _ = chest_phantom(side="left", low=True)
    path = tmp_path_factory.mktemp("study") / "phantom.nii.gz"
    write_nifti(path, volume.hu, volume.affine)
    return path


def test_a_study_becomes_a_folder_that_lies_on_the_study(study: Path, tmp_path: Path) -> None:
    done = _run("diagnose", study, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Synthetic training data" in done.stdout
    assert "not a medical device" in done.stdout
    report = Report.model_validate_json((tmp_path / "out" / "report.json").read_text())
    assert report.classification is not None
    assert report.conclusion is not None
    assert report.model is not None
    assert done.stdout.startswith(f"{report.conclusion.answer}\n")
    assert f"four classes: {report.classification.answer} " in done.stdout
    original = nib.load(study)
    for name in ("heatmap.nii.gz", "lungs.nii.gz"):
        image = nib.load(tmp_path / "out" / name)
        assert image.shape == original.shape
        np.testing.assert_allclose(image.affine, original.affine, atol=1e-4)
    heat = nib.load(tmp_path / "out" / "heatmap.nii.gz").get_fdata()
    assert 0 <= heat.min() <= heat.max() <= 1 + 1e-6  # a slope of 1 / 255 in float32
    lungs = np.asarray(nib.load(tmp_path / "out" / "lungs.nii.gz").dataobj)
    assert set(np.unique(lungs)) == {0, 1, 2}
    right_of_patient = np.argwhere(lungs == 1) @ original.affine[:3, :3].T + original.affine[:3, 3]
    assert right_of_patient[:, 0].mean() > 0  # NIfTI's first axis grows to the patient's right
    page = (tmp_path / "out" / "report.html").read_text()
    assert report.model.id in page
    assert report.study.sha256 in page


def test_json_is_the_report_and_names_the_backend(study: Path) -> None:
    done = _run("diagnose", study, "--json", "--backend", "openvino")
    assert done.returncode == 0, done.stderr
    report = Report.model_validate(json.loads(done.stdout))
    assert report.classification.classes[0] == "healthy"
    assert report.provenance.settings["backend"].startswith("openvino 20")


def _refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("pleura: ")]
    assert len(lines) == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in lines[0]


def test_a_refusal_is_one_line_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_text("hello")
    _refused(_run("diagnose", tmp_path / "text.dcm", "--out", tmp_path / "out"), "text.dcm")
    _refused(_run("diagnose", tmp_path / "absent", "--out", tmp_path / "out"), "absent")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.dcm"]


def test_a_folder_in_use_is_refused_before_any_work(study: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    _refused(_run("diagnose", study, "--out", tmp_path), "already holds 1")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_unknown_models_classes_and_devices_are_refused(study: Path) -> None:
    _refused(_run("diagnose", study, "--model", "nobody"), "nobody")
    _refused(_run("diagnose", study, "--explain", "influenza"), "influenza", "covid-19")
    _refused(_run("diagnose", study, "--device", "tpu"), "tpu")
    _refused(_run("diagnose", study, "--backend", "onnx"), "onnx", "openvino, torch")


def test_wrong_usage_has_code_2() -> None:
    assert _run("diagnose").returncode == 2
    assert _run("diagnose", "x", "--seed", "-1").returncode == 2
    assert _run("nonsense").returncode == 2
