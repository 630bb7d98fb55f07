from typer.testing import CliRunner

from pleura.cli.cohort import app
from pleura.data.cohort import read_cohort
from pleura.errors import RecipeError

runner = CliRunner()


def test_synthesize_makes_a_cohort_and_says_how_far_it_is(tmp_path) -> None:
    out = tmp_path / "cohort"
    options = ["--cases", "4", "--hospitals", "north, east", "--seed", "3", "--size", "tiny", "--format", "nifti"]
    result = runner.invoke(app, ["synthesize", "--out", str(out), *options])
    assert result.exit_code == 0, result.output
    assert f"4 synthetic cases of 2 hospitals in {out}" in result.stdout
    assert result.stderr.splitlines() == [f"cases drawn: {n} of 4" for n in (1, 2, 3, 4)]
    assert read_cohort(out, classes=("healthy", "covid-19")).counts("hospital") == {"east": 2, "north": 2}


def test_a_log_has_ten_lines_for_much_work(capsys) -> None:
    from pleura.cli.cohort import _log_line

    for done in range(1, 201):
        _log_line("cases drawn", done, 200)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"cases drawn: {n} of 200" for n in range(20, 201, 20)]


def test_help_has_an_example() -> None:
    result = runner.invoke(app, ["synthesize", "--help"])
    assert result.exit_code == 0
    assert "pleura cohort synthesize --out cohort" in " ".join(result.stdout.split())


def test_refusals_reach_the_caller_by_name(tmp_path) -> None:
    result = runner.invoke(app, ["synthesize", "--out", str(tmp_path / "x"), "--size", "huge"])
    assert isinstance(result.exception, RecipeError)
    assert runner.invoke(app, ["synthesize"]).exit_code == 2
