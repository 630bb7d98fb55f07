import json

from typer.testing import CliRunner

from pleura.cli.cohort import app
from pleura.data.cohort import read_cohort
from pleura.errors import CohortError, RecipeError

runner = CliRunner()


def test_synthesize_makes_a_cohort(tmp_path) -> None:
    out = tmp_path / "cohort"
    options = ["--cases", "4", "--hospitals", "north, east", "--seed", "3", "--size", "tiny", "--format", "nifti"]
    result = runner.invoke(app, ["synthesize", "--out", str(out), *options])
    assert result.exit_code == 0, result.output
    assert f"4 synthetic cases of 2 hospitals in {out}" in result.stdout
    assert read_cohort(out, classes=("healthy", "covid-19")).counts("hospital") == {"east": 2, "north": 2}


def test_check_says_what_is_in_a_cohort_and_refuses_what_is_wrong(tmp_path) -> None:
    out = tmp_path / "cohort"
    options = ["--cases", "8", "--hospitals", "north", "--seed", "3", "--size", "tiny", "--format", "nifti"]
    assert runner.invoke(app, ["synthesize", "--out", str(out), *options]).exit_code == 0
    result = runner.invoke(app, ["check", str(out)])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "cohort: 8 cases of 8 patients, synthetic"
    assert lines[2] == "train: bacterial 1, covid-19 1, healthy 1, other-viral 1"
    counted = json.loads(runner.invoke(app, ["check", str(out), "--json"]).stdout)
    assert (counted["cases"], counted["labels"]["test"]) == (8, {})
    table = out / "cases.csv"
    table.write_text(table.read_text().replace(",covid-19,", ",influenza,"))
    refused = runner.invoke(app, ["check", str(out)])
    assert isinstance(refused.exception, CohortError)
    assert "influenza" in str(refused.exception)


def test_help_has_an_example() -> None:
    result = runner.invoke(app, ["synthesize", "--help"])
    assert result.exit_code == 0
    assert "pleura cohort synthesize --out cohort" in " ".join(result.stdout.split())


def test_refusals_reach_the_caller_by_name(tmp_path) -> None:
    result = runner.invoke(app, ["synthesize", "--out", str(tmp_path / "x"), "--size", "huge"])
    assert isinstance(result.exception, RecipeError)
    assert runner.invoke(app, ["synthesize"]).exit_code == 2
