"""Every command and program of the page on clinical data is run in order, on a table made for it."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.data.clinical_table.schema import parse_schema
from training.clinical.drawn import draw_cohort

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "use-clinical-data.md"
COHORT = 'format = 1\nname = "drawn"\ngenerator = "drawn"\nseed = 1\nsynthetic = true\ndescription = "no images"\n'
QUICK = """name = "dl3"
task = "clinical"
[grid]
cost_linear = [0.1]
cost_poly = [0.1]
degree = [2]
cost_rbf = [1.0]
gamma = [0.3]
[folds]
repeats = 1
inner = 3
shuffles = 1
"""
"""As dl3, with fewer settings and folds: the page's commands in seconds."""


def _blocks(kind: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def test_the_pages_schema_can_be_read() -> None:
    (schema,) = _blocks("toml")
    assert parse_schema(schema).names == ("crp_mg_per_l", "temperature_c", "cough", "sex")


def _as_cohort(folder: Path) -> None:
    """Make a cohort's folder of drawn tables; the studies are empty folders, since nothing here looks at an image."""
    (folder / "cohort.toml").write_text(COHORT)
    rows = (folder / "cases.csv").read_text().splitlines()[1:]
    lines = ["case,patient,hospital,label,severity,split,study,lungs,lesions"]
    for row in rows:
        case, label = row.split(",")
        (folder / case).mkdir()
        lines.append(f"{case},{case},north,{label},1,train,{case},,")
    (folder / "cases.csv").write_text("\n".join(lines) + "\n")


def test_commands_and_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("quick.toml").write_text(QUICK)
    folder = Path("cohort")
    draw_cohort(folder, cases=60)
    (folder / "ct.csv").rename("ct.csv")
    _as_cohort(folder)
    commands = [line for block in _blocks("sh") for line in block.splitlines() if line.strip()]
    assert commands[0].startswith("pleura cohort synthesize")  # makes images too; the table is drawn without
    assert len(commands) == 4
    said = []
    for command in commands[1:]:
        quick = command.replace("train dl3", "train quick.toml").replace(
            "clinical --table", "clinical --recipe quick.toml --table"
        )
        assert quick != command
        done = CliRunner().invoke(app, shlex.split(quick)[1:], catch_exceptions=False)
        assert done.exit_code == 0, f"{command}\n{done.output}"
        said.append(done.output)
    assert "CT + SVM linear, stacking less CT" in said[1]
    text = PAGE.read_text(encoding="utf-8")
    for name in ("clinical.json", "answers.csv", "importance.csv", "scores.csv", "roc-answers.png", "methods.md"):
        assert name in text
        assert (tmp_path / "clinical" / name).is_file()
    assert (tmp_path / "with-ct" / "comparisons.csv").is_file()
    assert (tmp_path / "run" / "cross-validation" / "clinical.json").is_file()
    (patient,) = _blocks("json")
    Path("patient.json").write_text(patient, encoding="utf-8")
    (program,) = _blocks("python")
    capsys.readouterr()
    exec(compile(program, str(PAGE), "exec"), {"__name__": "page"})
    expected = r"covid-19 rather than other-viral: \d+% by clinical data, 83% by the CT, \d+% by both \(stacking\)"
    assert re.match(expected, capsys.readouterr().out)
