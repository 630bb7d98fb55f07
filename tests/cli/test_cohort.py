import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pleura.cli.cohort import app
from pleura.data.cohort import read_cohort
from pleura.errors import CohortError, RecipeError

runner = CliRunner()


@pytest.mark.timeout(1200)
def test_synthesize_makes_a_cohort(tmp_path) -> None:
    out = tmp_path / "cohort"
    options = [
        "--cases",
        "4",
        "--hospitals",
        "north, east",
        "--seed",
        "3",
        "--size",
        "tiny",
        "--format",
        "nifti",
        "--workers",
        "1",
    ]
    result = runner.invoke(app, ["synthesize", "--out", str(out), *options])
    assert result.exit_code == 0, result.output
    assert f"4 synthetic cases of 2 hospitals in {out}" in result.stdout
    assert read_cohort(out, classes=("healthy", "covid-19")).counts("hospital") == {"east": 2, "north": 2}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "cohort"
    options = ["--cases", "8", "--hospitals", "north", "--seed", "3", "--size", "tiny", "--format", "nifti"]
    result = runner.invoke(app, ["synthesize", "--out", str(out), *options, "--workers", "1"])
    assert result.exit_code == 0, result.output
    return out


def test_check_says_what_is_in_a_cohort(cohort: Path) -> None:
    result = runner.invoke(app, ["check", str(cohort)])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "cohort: 8 cases of 8 patients, synthetic"
    assert lines[2] == "train: bacterial 1, covid-19 1, healthy 1, other-viral 1"
    assert lines[5] == "warning: split test has no case"
    assert lines[6] == "errors: 0, warnings: 1; read were tables, images and masks"
    counted = json.loads(runner.invoke(app, ["check", str(cohort), "--json", "--quick"]).stdout)
    assert (counted["cases"], counted["labels"]["test"], counted["errors"]) == (8, {}, 0)
    assert counted["findings"][0]["kind"] == "stratum"


def test_check_lists_every_error_and_exits_1(cohort: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(cohort, tmp_path / "cohort"))
    table = copy / "cases.csv"
    table.write_text(table.read_text().replace(",covid-19,", ",influenza,"))
    (copy / "studies" / "north-0001.nii.gz").unlink()
    result = runner.invoke(app, ["check", str(copy), "--quick"])
    assert result.exit_code == 1
    errors = [line for line in result.stdout.splitlines() if line.startswith("error: ")]
    assert len(errors) == 3
    assert sum("influenza" in line for line in errors) == 2
    refused = runner.invoke(app, ["check", str(tmp_path)])
    assert isinstance(refused.exception, CohortError)


def test_describe_prints_and_writes_table_1(cohort: Path, tmp_path: Path) -> None:
    result = runner.invoke(app, ["describe", str(cohort), "--out", str(tmp_path / "about")])
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[1][:3] == ["patients", "8", "4"]
    assert ["slices", "288", "144", "144", "72", "72", "72", "72"] in lines
    assert sorted(path.name for path in (tmp_path / "about").iterdir()) == ["table1.csv", "table1.json", "table1.md"]
    printed = json.loads(runner.invoke(app, ["describe", str(cohort), "--json"]).stdout)
    assert printed == json.loads((tmp_path / "about" / "table1.json").read_text())


def test_synthesize_draws_series_of_the_classes_asked_for_and_goes_on(tmp_path) -> None:
    out = tmp_path / "series"
    options = ["--cases", "3", "--hospitals", "north", "--size", "tiny", "--classes", "healthy, tuberculosis:2"]
    command = ["synthesize", "--out", str(out), *options, "--studies", "2", "--format", "nifti", "--workers", "1"]
    result = runner.invoke(app, command)
    assert result.exit_code == 0, result.output
    assert f"5 synthetic cases of 3 patients of 1 hospitals in {out}" in result.stdout
    made = read_cohort(out, classes=("healthy", "tuberculosis"))
    assert made.counts("label") == {"healthy": 1, "tuberculosis": 4}
    refused = runner.invoke(app, [*command[:-1], "1", "--classes", "healthy,healthy"])
    assert isinstance(refused.exception, CohortError)
    assert "once each" in str(refused.exception)


@pytest.mark.parametrize(
    ("command", "example"),
    [
        ("synthesize", "pleura cohort synthesize --out cohort"),
        ("check", "pleura cohort check cohort"),
        ("describe", "pleura cohort describe cohort --out about"),
    ],
)
def test_help_has_an_example(command: str, example: str) -> None:
    result = runner.invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert example in " ".join(result.stdout.split())


def test_refusals_reach_the_caller_by_name(tmp_path) -> None:
    result = runner.invoke(app, ["synthesize", "--out", str(tmp_path / "x"), "--size", "huge"])
    assert isinstance(result.exception, RecipeError)
    assert runner.invoke(app, ["synthesize"]).exit_code == 2
