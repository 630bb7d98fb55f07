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

    _run(*arguments[:-3], "--report", tmp_path / "report")
    claim = json.loads((tmp_path / "report" / "checklists.json").read_text())["checklists"][0]
    items = {one["item"]: one for one in claim["items"]}
    assert (items["22"]["status"], items["20"]["status"], items["11"]["status"]) == ("known", "known", "not applicable")
    assert "densenet3d" in items["22"]["answer"]
    assert "No patient is in two partitions" in (tmp_path / "report" / "methods.md").read_text()


def _table(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Forty cases with a column split; a positive scores 0.25 more on the average."""
    rng = np.random.default_rng(0)
    rows = ["case,truth,split,score"]
    for index in range(40):
        truth = index % 2
        side = "validation" if index < 20 else "test"
        rows.append(f"c{index},{truth},{side},{0.6 * rng.random() + 0.25 * truth + 0.05:.3f}")
    return _table(tmp_path / "split.csv", rows)


def test_a_cut_off_is_chosen_on_one_split_and_judged_on_another(split: Path, tmp_path: Path) -> None:
    arguments = ("--split", "test", "--cut-off", "sensitivity=0.8", "--resamples", "100", "--prevalence", "0.1")
    more = ("--calibration", "--decision-curve", "--partial", "sensitivity:0.5:1", "--proportions", "clopper-pearson")
    table = json.loads(_run("accuracy", split, *arguments, *more, "--cut-off-split", "validation", "--json"))
    (cut,) = table["cut_offs"]["1"]
    assert (table["all"]["cases"], cut["shared_with_these"], cut["warning"]) == (20, 0, None)
    assert cut["chosen_on"]["positives"] == 10
    assert cut["chosen_on"]["sensitivity"] >= 0.8
    assert table["all"]["classes"]["1"]["sensitivity"]["method"] == "clopper-pearson"
    assert set(table["predictive_values"]["1"]) == {"prevalence", "ppv", "npv"}
    text = _run("accuracy", split, *arguments, *more, "--out", tmp_path / "out")
    assert "WARNING: The cut-off was chosen on 20 of the cases" in text
    assert "corrected (McClish)" in text
    written = json.loads((tmp_path / "out" / "accuracy.json").read_text())
    assert written["cut_offs"]["1"][0]["shared_with_these"] == 20
    assert (tmp_path / "out" / "decision-curve.png").stat().st_size > 0
    elsewhere = json.loads(_run("accuracy", split, *arguments, "--cut-off-from", split, "--json"))
    assert elsewhere["cut_offs"]["1"][0]["shared_with_these"] == 20


def test_two_tables_are_compared(split: Path, tmp_path: Path) -> None:
    lines = split.read_text().splitlines()
    worse = _table(tmp_path / "worse.csv", [lines[0], *(line.rpartition(",")[0] + ",0.5" for line in lines[1:])])
    table = json.loads(_run("compare", split, worse, "--json"))
    one = table["classes"]["1"]["auc"]
    assert (table["paired"], one["second"], one["method"]) == (True, 0.5, "delong-paired")
    assert one["difference"] == pytest.approx(one["first"] - 0.5, abs=1e-6)
    assert "McNemar" in _run("compare", split, worse)
    same = json.loads(_run("compare", worse, split, "--margin", "0.05", "--json"))["classes"]["1"]["auc"]
    assert same["not_worse_by_margin"] == (same["high"] < 0.05)
    assert "worse by < 0.6" in _run("compare", split, worse, "--margin", "0.6")
    with pytest.raises(RecipeError, match="margin"):
        _run("compare", split, worse, "--margin", "5")
    assert json.loads(_run("compare", split, worse, "--unpaired", "--json"))["mcnemar"] is None


def test_a_hospitals_page(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = ["case,truth,sex,ood,score"]
    for index in range(80):
        truth = index % 2
        sex, ood = ("F", "no") if index % 3 else ("M", "yes")
        rows.append(f"c{index},{truth},{sex},{ood},{0.7 * rng.random() + 0.25 * truth:.3f}")
    path = _table(tmp_path / "local.csv", rows)
    columns = ("--subgroups", "sex", "--outside", "ood", "--resamples", "100")
    table = json.loads(_run("site", path, *columns, "--json"))
    assert (table["cases"], table["out_of_distribution"]["hits"], table["subgroups"]["tests"]) == (80, 27, 3)
    text = _run("site", path, *columns, "--hospital", "North", "--out", tmp_path / "live")
    assert "cut-off here (sensitivity of at least 0.9)" in text
    assert "at North" in (tmp_path / "live" / "site.html").read_text(encoding="utf-8")
    with pytest.raises(RecipeError, match="need a sensitivity"):
        _run("site", path, *columns, "--goal-sensitivity", "2")


def test_a_model_in_use_is_watched(tmp_path: Path) -> None:
    """Later cases are the reference's, with a third of the truths known and another scanner."""
    rng = np.random.default_rng(3)
    before, after = ["case;truth;scanner;score"], ["case;scanner;score;truth"]
    for index in range(60):
        truth, score = index % 2, f"{0.6 * rng.random() + 0.35 * (index % 2):.3f}".replace(".", ",")
        before.append(f"c{index};{truth};A;{score}")
        after.append(f"d{index};B;{score};{truth if index % 3 == 0 else ''}")
    paths = [_table(tmp_path / f"{name}.csv", rows) for name, rows in (("before", before), ("after", after))]
    options = ("--columns", "scanner", "--permutations", "599")
    table = json.loads(_run("drift", *paths, *options, "--json"))
    assert table["alarms"] == ["scanner"]
    assert {one["statistic"]: one["value"] for one in table["answers"]}["Kolmogorov-Smirnov"] == 0
    assert [one["later"]["total"] for one in table["truths"]] == [10, 10]
    text = _run("drift", *paths, *options, "--hospital", "North", "--out", tmp_path / "drift")
    assert "CHANGED: scanner" in text
    page = (tmp_path / "drift" / "drift.html").read_text(encoding="utf-8")
    assert "at North: has anything changed?" in page
    assert (tmp_path / "drift" / "drift.png").stat().st_size > 10_000
    with pytest.raises(RecipeError, match="need 4800"):
        _run("drift", *paths, *options, "--looks", "12")


def test_probabilities_are_recalibrated(split: Path, tmp_path: Path) -> None:
    table = json.loads(_run("recalibrate", split, "--kind", "shift", "--resamples", "100", "--json"))
    assert (table["kind"], table["scale"], table["shifts"]["1"]) == ("shift", 1.0, 0.0)
    text = _run("recalibrate", split, "--resamples", "100", "--out", tmp_path / "map")
    assert "log loss falls by" in text
    assert len(read_predictions(tmp_path / "map" / "held-out.csv").cases) == 40
    assert json.loads((tmp_path / "map" / "recalibration.json").read_text())["kind"] == "platt"
    with pytest.raises(CohortError, match="fitted on and judged on"):
        _run("recalibrate", split, "--test", split)


def test_runs_and_sample_sizes(split: Path, tmp_path: Path) -> None:
    lines = split.read_text().splitlines()
    rows = [lines[0] + ",run", *(f"{line},{run}" for run in "xyz" for line in lines[1:])]
    path = _table(tmp_path / "runs.csv", rows)
    metrics = json.loads(_run("runs", path, "--resamples", "100", "--json"))
    assert [one["metric"] for one in metrics] == ["accuracy", "sensitivity", "specificity", "AUC"]
    assert metrics[0]["over_runs"]["low"] == metrics[0]["mean"]
    assert "Over patients" in _run("runs", path, "--resamples", "100")
    (size,) = json.loads(_run("sample-size", "--sensitivity", 0.9, "--width", 0.1, "--prevalence", 0.2, "--json"))
    assert (size["cases_with_condition"], size["cases_in_all"]) == (141, 774)
    assert "83 cases with and 83 cases without" in _run("sample-size", "--auc", 0.9, "--width", 0.1)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("accuracy", "--split", "train"), CohortError, "no case of split train; its splits are test, validation"),
        (("accuracy", "--cut-off", "best"), RecipeError, "write youden"),
        (("accuracy", "--partial", "specificity:0.9"), RecipeError, "cannot take an option"),
        (("accuracy", "--prevalence", "2"), RecipeError, "need a prevalence"),
        (("accuracy", "--proportions", "wald"), RecipeError, "wilson"),
        (("compare", "--confidence", "2"), RecipeError, "confidence"),
        (("runs",), CohortError, "no column run"),
        (("sample-size", "--width", "0.1"), RecipeError, "nothing is expected"),
    ],
)
def test_options_that_cannot_be_are_refused(
    arguments: tuple[str, ...], error: type[Exception], message: str, split: Path
) -> None:
    command, *options = arguments
    files = {"compare": [str(split)] * 2, "sample-size": []}.get(command, [str(split)])
    with pytest.raises(error, match=message):
        runner.invoke(app, ["evaluate", command, *files, *options], catch_exceptions=False)
