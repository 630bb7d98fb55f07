"""`pleura evaluate` as a user runs it: what it prints, what it writes, and what it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from models.test_card import CARD
from pleura.cli.main import app
from pleura.errors import CohortError, OutputError, RecipeError
from pleura.evaluation.predictions import read_predictions
from pleura.models.files import save_model
from pleura.models.registry import create_network
from pleura.settings import InputSettings
from training import micro

runner = CliRunner()


def _run(*arguments: object) -> str:
    done = runner.invoke(app, ["evaluate", *(str(one) for one in arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    path = tmp_path / "scores.csv"
    path.write_text("case,truth,score\na,1,0.9\nb,0,0.5\nc,1,0.4\nd,0,0.2\ne,1,0.8\nf,0,0.1\n")
    return path


def test_json_of_a_single_score(binary: Path) -> None:
    table = json.loads(_run("accuracy", binary, "--json"))
    one = table["all"]["classes"]["1"]
    assert one["auc"]["value"] == pytest.approx(8 / 9, abs=1e-6)
    assert (one["auc"]["method"], table["threshold"]) == ("delong-logit", 0.5)
    assert (one["sensitivity"]["hits"], one["specificity"]["hits"]) == (2, 2)
    plain = json.loads(_run("accuracy", binary, "--json", "--interval", "delong", "--threshold", "0.4"))
    assert plain["all"]["classes"]["1"]["auc"]["method"] == "delong"
    assert plain["all"]["classes"]["1"]["sensitivity"]["hits"] == 3


def test_readers_of_a_single_score(binary: Path, tmp_path: Path) -> None:
    said = ["case,reader,answer", *(f"{case},R1,{answer}" for case, answer in zip("abcdef", "101010", strict=True))]
    (tmp_path / "readers.csv").write_text("\n".join(said) + "\n")
    text = _run("accuracy", binary, "--readers", tmp_path / "readers.csv", "--out", tmp_path / "out")
    assert "1 readers on 6 cases" in text
    assert "SIMULATED" not in text
    table = json.loads((tmp_path / "out" / "accuracy.json").read_text())
    (reader,) = table["readers"]["classes"]["1"]["readers"]
    assert (reader["sensitivity"]["value"], reader["specificity"]["value"]) == (1, 1)


def test_what_is_refused_is_said(binary: Path, tmp_path: Path) -> None:
    def run(*arguments: object) -> None:
        runner.invoke(app, ["evaluate", *(str(one) for one in arguments)], catch_exceptions=False)

    with pytest.raises(RecipeError, match="confidence"):
        run("accuracy", binary, "--confidence", "95")
    with pytest.raises(CohortError, match="cannot read"):
        run("accuracy", tmp_path / "none.csv")
    with pytest.raises(CohortError, match="no class covid-19"):
        run("simulate-readers", "--truth", binary, "--out", tmp_path / "r.csv")
    with pytest.raises(RecipeError, match="cannot read the panel"):
        run("simulate-readers", "--truth", binary, "--out", tmp_path / "r.csv", "--panel", tmp_path / "none.toml")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    with pytest.raises(OutputError, match="already holds"):
        run("accuracy", binary, "--out", tmp_path / "full")
    (tmp_path / "log.csv").write_text("epoch\n1\n")
    with pytest.raises(CohortError, match="cannot draw the curves"):
        run("learning-curves", tmp_path / "log.csv", "--out", tmp_path / "curves")
    assert not (tmp_path / "curves").exists()


def test_a_cohort_gives_the_same_numbers_as_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a model that has learnt nothing, on four cases of the validation split."""
    monkeypatch.setenv("PLEURA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = micro.write_cohort(tmp_path / "cohort")
    card = replace(CARD, input=InputSettings(size=16))
    torch.manual_seed(0)
    save_model(create_network(card.architecture, **card.arguments), card, tmp_path / "small")
    table = tmp_path / "predictions.csv"
    arguments = ("cohort", folder, "--model", tmp_path / "small", "--split", "validation", "--out", table, "--json")
    by_cohort, by_table = json.loads(_run(*arguments)), json.loads(_run("accuracy", table, "--json"))
    assert by_table["all"]["confusion"] == by_cohort["all"]["confusion"]
    assert (by_table["all"]["cases"], by_cohort["all"]["patients"]) == (4, 4)
    assert list(by_table["hospitals"]) == list(by_cohort["hospitals"]) == ["east"]
    np.testing.assert_allclose(read_predictions(table).scores.sum(axis=1), 1, atol=1e-5)
