"""What is written is read back, and holds the numbers of the report."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pleura.errors import OutputError
from pleura.evaluation.accuracy import evaluate_predictions
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.output.files import write_results
from pleura.evaluation.output.plain import accuracy_rows, reader_rows, report_table, roc_rows
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.readers.simulate import simulate_readers, ucadi_panel
from pleura.evaluation.readers.study import compare_readers
from pleura.evaluation.roc import roc_curve
from pleura.whole_file import write_rows

CLASSES = ("healthy", "covid-19", "other-viral", "bacterial")
QUICK = IntervalSettings(resamples=100)


@pytest.fixture
def predictions(rng: np.random.Generator) -> Predictions:
    truth = rng.integers(0, 4, 60)
    scores = rng.dirichlet(np.ones(4), 60)
    names = tuple(str(index) for index in range(60))
    return Predictions(CLASSES, names, truth, scores, patients=names, hospitals=("north", "east") * 30)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_a_class_and_hospital(predictions: Predictions) -> None:
    report = evaluate_predictions(predictions, settings=QUICK)
    rows = accuracy_rows(report)
    assert [(row["name"], row["class"]) for row in rows] == [
        (name, one) for name in ("all", "east", "north") for one in (*CLASSES, "(all classes)")
    ]
    covid = report.by_hospital["north"].classes[1]
    row = next(row for row in rows if (row["name"], row["class"]) == ("north", "covid-19"))
    assert row["sensitivity_low"] == pytest.approx(covid.sensitivity.low, abs=1e-6)
    assert (row["auc"], row["auc_interval"]) == (pytest.approx(covid.auc.value, abs=1e-6), "delong-logit")
    assert rows[4]["accuracy"] == pytest.approx(report.overall.accuracy.value, abs=1e-6)


def test_roc_points_are_those_of_the_curve(predictions: Predictions) -> None:
    rows = [row for row in roc_rows(predictions) if (row["part"], row["class"]) == ("all", "bacterial")]
    curve = roc_curve(predictions.truth == 3, predictions.scores[:, 3])
    np.testing.assert_allclose([row["sensitivity"] for row in rows], curve.sensitivity, atol=1e-6)
    np.testing.assert_allclose([row["threshold"] for row in rows][1:], curve.thresholds[1:], atol=1e-6)
    assert {row["name"] for row in roc_rows(predictions)} == {"all", "north", "east"}


def test_files_and_marks_of_simulated_readers(predictions: Predictions, tmp_path: Path) -> None:
    answers = simulate_readers(predictions.cases, predictions.truth, CLASSES, panel=ucadi_panel(), seed=1)
    some = replace(answers, cases=answers.cases[:40], answers=answers.answers[:, :40])
    report = evaluate_predictions(predictions, settings=QUICK)
    study = compare_readers(predictions, some, settings=QUICK)
    write_results(tmp_path, predictions, report, answers=some, study=study)
    names = {"accuracy.json", "accuracy.csv", "roc.csv", "readers.csv"}
    names |= {"methods.md", "checklists.md", "checklists.json"}
    figures = {f"{name}.{kind}" for name in ("roc", "confusion", "forest") for kind in ("png", "svg")}
    assert {path.name for path in tmp_path.iterdir()} == names | figures
    table = json.loads((tmp_path / "accuracy.json").read_text())
    assert table == json.loads(json.dumps(report_table(report, study)))
    assert table["readers"]["warning"].startswith("SIMULATED")
    assert (table["readers"]["cases"], table["readers"]["unread"]) == (40, 20)
    assert table["hospitals"]["north"]["confusion"] == report.by_hospital["north"].confusion.tolist()
    rows = _read(tmp_path / "readers.csv")
    assert {row["simulated"] for row in rows} == {"SIMULATED"}
    assert len(rows) == len(reader_rows(study)) == 4 * (6 + 1 + 2 + 1 + 2)


def test_without_readers_and_with_grades(predictions: Predictions, tmp_path: Path) -> None:
    report = evaluate_predictions(predictions, ordinal=True, settings=QUICK)
    write_results(tmp_path, predictions, report)
    table = json.loads((tmp_path / "accuracy.json").read_text())
    assert "readers" not in table
    assert table["grades"]["quadratic_kappa"]["value"] == pytest.approx(report.grades.kappa.value, abs=1e-6)
    assert not (tmp_path / "readers.csv").exists()


def test_rows_with_different_columns(tmp_path: Path) -> None:
    write_rows(tmp_path / "t.csv", [{"a": 1, "b": None}, {"a": 2, "c": "x"}])
    assert (tmp_path / "t.csv").read_text() == "a,b,c\n1,,\n2,,x\n"
    with pytest.raises(OutputError, match="cannot write"):
        write_rows(tmp_path / "none" / "t.csv", [{"a": 1}])
