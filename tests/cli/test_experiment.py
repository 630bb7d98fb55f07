"""`pleura experiment`: options reach the experiment, refusals are one line, a stopped run says how to go on."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from federation.experiments.hospitals import write_tested
from pleura.cli.main import app
from pleura.errors import RecipeError
from training import micro

RECIPE = micro.RECIPE.replace("size = 16", "size = 8\nslices = 8\nsubsets = 1")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("given")
    (folder / "small.toml").write_text(RECIPE)
    write_tested(folder / "cohort", cases=24)
    return folder


def test_a_sweep_runs_on_a_cohort_that_is_given(given: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--cohort", str(given / "cohort"), "--recipe", str(given / "small.toml"), "--seeds", "1"]
    options += ["--rounds", "2", "--sweep", "2", "--workers", "1", "--cache", str(tmp_path / "cache")]
    done = CliRunner().invoke(app, ["experiment", "local-epochs", "--out", str(out), *options])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip().endswith(str(out / "report.md"))
    assert "local_epochs = [2]" in (out / "settings.toml").read_text()
    assert "1 training seed, so no interval over seeds" in (out / "report.md").read_text()
    assert (tmp_path / "cache").is_dir()
    assert not (out / "cache").exists()
    again = CliRunner().invoke(app, ["experiment", "local-epochs", "--out", str(out), "--resume", *options])
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize("command", ["pooled-vs-federated", "new-hospital", "local-epochs", "protection"])
def test_every_experiment_has_help_with_an_example(command: str) -> None:
    done = CliRunner().invoke(app, ["experiment", command, "--help"])
    assert done.exit_code == 0
    assert f"Example: pleura experiment {command} --out" in " ".join(done.output.split())


def test_what_cannot_be_run_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    out = tmp_path / "out"
    wrong = CliRunner().invoke(app, ["experiment", "local-epochs", "--out", str(out), "--sweep", "1,two"])
    assert wrong.exit_code == 2
    for options, said in (
        (["pooled-vs-federated", "--recipe", "absent"], 'no recipe "absent"'),
        (["local-epochs", "--rounds", "7", "--sweep", "2"], "7 epochs cannot be had in rounds of 2"),
        (["new-hospital", "--newcomer", "measles"], 'newcomer = "measles"'),
        (["protection", "--resume"], "nothing to resume"),
    ):
        done = CliRunner().invoke(app, ["experiment", *options, "--out", str(out)])
        assert isinstance(done.exception, RecipeError), done.output
        assert said in str(done.exception)
    assert not out.exists()
