"""`pleura evaluate readers` and `simulate-reader-study`, from a file to a folder."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pleura.cli.evaluate import app

SMALL = """
format = 1
positives = 12
negatives = 12
tiers = { names = ["old", "new"], readers = [2, 2] }
conditions = [
    { name = "CT", sensitivity = [0.8, 0.7], specificity = [0.9, 0.9], auc = [0.9, 0.87], seconds = [60, 20] },
    { name = "with AI", sensitivity = [0.85, 0.8], specificity = [0.9, 0.9], auc = [0.93, 0.9], seconds = [40, 20] },
]
program = { name = "AI", sensitivity = 0.9, specificity = 0.9, auc = 0.96, seconds = [5, 2] }
[scores]
reader = 0.1
reader_condition = 0.1
case = 0.3
case_condition = 0.1
reader_case = 0.1
rest = 0.3
[times]
reader = 0.3
reader_condition = 0.1
case = 0.2
case_condition = 0.1
reader_case = 0.1
rest = 0.2
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated study of four readers."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.toml").write_text(SMALL)
    done = CliRunner().invoke(
        app, ["simulate-reader-study", "--study", f"{folder}/small.toml", "--out", f"{folder}/study.csv"]
    )
    assert done.exit_code == 0, done.output
    assert "SIMULATED" in done.stdout
    return folder / "study.csv"


def test_tables_a_folder_and_an_imrmc_file(study: Path, tmp_path: Path) -> None:
    other = tmp_path / "study.imrmc"
    done = CliRunner().invoke(
        app,
        ["readers", str(study), "--program", "SIMULATED AI", "--out", f"{tmp_path}/results", "--imrmc", str(other)],
    )
    assert done.exit_code == 0, done.output
    for text in (
        "SIMULATED",
        "CT - with AI",
        "mean, all readers",
        "vote, all readers",
        "program - mean",
        "u-statistics",
    ):
        assert text in done.stdout
    assert (tmp_path / "results" / "points.png").stat().st_size > 1000
    again = CliRunner().invoke(app, ["readers", str(other), "--program", "SIMULATED AI", "--json"])
    assert again.exit_code == 0, again.output
    first = json.loads((tmp_path / "results" / "readers.json").read_text())
    second = json.loads(again.stdout)
    assert second["simulated"]
    areas = [[one["auc"] for one in table["points"]] for table in (first, second)]
    assert areas[0] == areas[1]
    assert second["times"] is None


def test_a_reader_that_is_not_there_is_refused(study: Path) -> None:
    done = CliRunner().invoke(app, ["readers", str(study), "--program", "nobody"])
    assert done.exit_code == 1
    assert "no reader is named nobody" in str(done.exception)


PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "run-a-reader-study.md"


def _blocks(kind: str) -> list[str]:
    return [part.split("```")[0] for part in PAGE.read_text(encoding="utf-8").split(f"```{kind}\n")[1:]]


def test_the_how_to_page_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(_blocks("toml")[0], encoding="utf-8")
    outputs = []
    for line in "".join(_blocks("sh")).splitlines():
        done = CliRunner().invoke(app, shlex.split(line)[2:])
        assert done.exit_code == 0, f"{line}: {done.output}"
        outputs.append(done.stdout)
    named = {
        name.strip("`") for name in re.findall(r"^\| (`[^|]+`) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {path.name for path in Path("results").iterdir() if path.suffix in (".json", ".csv")} <= named
    assert json.loads(outputs[2])["means"]
    assert "SIMULATED" in outputs[3]
