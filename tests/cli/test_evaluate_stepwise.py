"""`pleura evaluate stepwise` as a user runs it, on two small models and eight tiny chests."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.diagnosis.stepwise_files import load_stepwise
from pleura.errors import ModelError
from pleura.evaluation.predictions import read_predictions
from pleura.models.files import load_model
from training import micro, slice_micro

runner = CliRunner()


def test_it_leaves_cut_offs_curves_and_numbers(tmp_path: Path) -> None:
    cohort = slice_micro.keep_judged(micro.write_cohort(tmp_path / "cohort", cases=32))
    dl1, dl2 = (slice_micro.write_model(tmp_path, task, seed=5) for task in ("viral", "covid"))
    out = tmp_path / "out"
    command = ["evaluate", "stepwise", "--dl1", dl1, "--dl2", dl2, "--cohort", cohort, "--out", out]
    done = runner.invoke(app, [str(one) for one in [*command, "--cache", tmp_path / "cache"]], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "COVID-19 against all (stepwise): 1 of 4 test cases" in done.stdout

    kept = load_stepwise(out, dl1=dl1, dl2=dl2)
    table = json.loads((out / "stepwise.json").read_text())
    assert table["questions"]["stepwise"]["cut_off"]["threshold"] == pytest.approx(kept.covid.threshold)
    assert table["questions"]["dl1"]["cut_off"]["threshold"] == pytest.approx(kept.viral.threshold)
    assert kept.chosen_on == "4 synthetic validation cases of the cohort micro"
    assert sorted(table["answers"]) == ["bacterial", "covid-19", "healthy", "other-viral"]
    assert all(sum(row.values()) == 1 for row in table["answers"].values())

    written = {path.name for path in out.iterdir()}
    assert written == {
        *(f"{name}{end}" for name in ("dl1", "dl2", "stepwise") for end in ("", ".csv")),
        *("roc.png", "roc.svg", "stepwise.json", "stepwise.toml"),
    }
    for name, cases in (("dl1", 8), ("dl2", 4), ("stepwise", 8)):
        read = read_predictions(out / f"{name}.csv")
        assert (len(read.cases), set(read.splits or ())) == (cases, {"validation", "test"})
        methods = (out / name / "methods.md").read_text()
        assert "The cases are synthetic" in methods
        assert "none of which is judged here" in methods
        assert "every slice of them is taken" in methods
        assert "subset" not in methods
    first, second, both = (read_predictions(out / f"{name}.csv") for name in ("dl1", "dl2", "stepwise"))
    given = dict(zip(second.cases, second.scores[:, 1], strict=True))
    for place, case in enumerate(both.cases):
        if case in given:
            assert both.scores[place, 1] == pytest.approx(first.scores[place, 1] * given[case], abs=2e-6)


def test_a_model_in_the_wrong_place_is_refused(tmp_path: Path) -> None:
    cohort = slice_micro.keep_judged(micro.write_cohort(tmp_path / "cohort", cases=32))
    dl2 = slice_micro.write_model(tmp_path, "covid")
    assert load_model(dl2).card.task == "covid"
    command = ["evaluate", "stepwise", "--dl1", dl2, "--dl2", dl2, "--cohort", cohort, "--out", tmp_path / "out"]
    with pytest.raises(ModelError, match="model micro-covid is for covid; give one for viral"):
        runner.invoke(app, [str(one) for one in command], catch_exceptions=False)
    assert not (tmp_path / "out").exists()
