"""`pleura diagnose` on a tiny synthetic patient: steps chosen, steps left out, and a step that fails."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import Result
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.data.synthetic.case import generate_case
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
from pleura.data.synthetic.write_dicom import write_dicom_series
from pleura.diagnosis.report import Report
from pleura.diagnosis.steps import STEPS
from pleura.errors import RecipeError
from pleura.imaging.nifti_write import write_nifti
from pleura.models.files import load_model, save_model

LEFT = {"four-class", "dl3", "lesions", "severity", "heat-map"}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    size = SIZES["tiny"]
    case = generate_case(
        seed=3, label="covid-19", severity=3, protocol=Protocol.draw(3, shape=size.shape, spacing=size.spacing)
    )
    folder = tmp_path_factory.mktemp("study") / "dicom"
    write_dicom_series(case, folder, case_id="tiny", patient_id="tiny", seed=3)
    return folder


def _diagnose(study: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["diagnose", str(study), *map(str, arguments)])


def _outcomes(report: Report) -> dict[str, str]:
    return {step.name: step.outcome for step in report.steps}


def test_only_what_is_asked_is_done_and_the_rest_is_named(study: Path) -> None:
    done = _diagnose(study, "--only", "clean,stepwise", "--json")
    assert done.exit_code == 0, done.output
    report = Report.model_validate(json.loads(done.stdout))
    assert _outcomes(report) == {name: "left out" if name in LEFT else "done" for name in STEPS}
    assert report.classification is None
    assert report.stepwise is not None
    assert report.conclusion is not None
    assert report.conclusion.answer in (report.stepwise.answer, "undetermined")
    assert list(report.provenance.seconds) == ["set up", "read", "lungs", "clean", "dl1", "dl2", "stepwise"]


def test_a_step_that_fails_is_named_and_the_others_are_written(study: Path, tmp_path: Path) -> None:
    good = load_model("cleaner-synthetic")
    with torch.no_grad():
        for weights in good.network.parameters():
            weights.fill_(1e30)  # finite, as files must be; what it computes is not
    save_model(good.network, good.card, tmp_path / "broken")
    out = tmp_path / "out"
    done = _diagnose(study, "--only", "clean,stepwise", "--cleaner", tmp_path / "broken", "--out", out)
    assert done.exit_code == 1
    assert "pleura: step clean failed, ModelError: the network of cleaner-synthetic gives values" in done.stderr
    assert "--without clean" in done.stderr
    report = Report.model_validate_json((out / "report.json").read_text())
    assert [failure.step for failure in report.failures] == ["clean"]
    assert report.cleaning is None
    assert report.stepwise is not None
    assert f"stepwise: {report.stepwise.answer}" in done.stdout
    assert report.failures[0].message.split(";")[0] in (out / "report.html").read_text()
    assert not (out / "heatmap.nii.gz").exists()
    without = _diagnose(study, "--only", "stepwise", "--json")
    assert Report.model_validate_json(without.stdout).stepwise == report.stepwise


def test_what_was_left_out_is_printed_reason_by_reason(study: Path) -> None:
    wanted = "four-class,severity,heat-map,dl2,lesions"
    done = _diagnose(study, "--without", wanted, "--cleaner", "none", "--stepwise", "none")
    assert isinstance(done.exception, RecipeError)
    assert "no step is left to do" in str(done.exception)
    done = _diagnose(study, "--without", wanted)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert "left out: four-class, dl2, lesions, severity, heat-map   (not wanted)" in lines
    assert "left out: stepwise   (needs dl2, which is left out)" in lines
    assert any(line.startswith("dl1: ") and "viral 0." in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--only", "clean,dl4"), 'no step is called "dl4"; the steps are clean, four-class'),
        (("--only", "dl3"), "dl3 is asked for, but cannot be done: clinical data"),
        (("--only", "severity", "--without", "four-class"), "severity needs four-class, which is left out"),
        (("--lobes", "LOBES", "--without", "lesions"), "a lobe mask is given, but no lesions are looked for"),
    ],
)
def test_what_cannot_be_is_refused(study: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    if "LOBES" in arguments:
        write_nifti(tmp_path / "lobes.nii.gz", np.zeros((4, 4, 4), np.uint8), np.eye(4)[[2, 1, 0, 3]])
        arguments = tuple(str(tmp_path / "lobes.nii.gz") if one == "LOBES" else one for one in arguments)
    done = _diagnose(study, *arguments)
    assert isinstance(done.exception, RecipeError)
    assert message in str(done.exception)
