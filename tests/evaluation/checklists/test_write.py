"""Files beside the numbers: a methods paragraph, tables that read as tables, and the same as JSON."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.checklists.test_fill import BARE, FULL
from pleura.evaluation.accuracy import evaluate_predictions
from pleura.evaluation.checklists.fill import answer_checklists
from pleura.evaluation.checklists.from_report import facts_of_report
from pleura.evaluation.checklists.methods import methods_text
from pleura.evaluation.checklists.write import checklists_text, write_checklists
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.predictions import Predictions


def test_methods_say_what_is_known_and_no_more() -> None:
    full, bare = methods_text(FULL), methods_text(BARE)
    assert "We evaluated 20 cases of 18 patients of the partition test of the cohort C: healthy 6, covid-19 14." in full
    assert "The cases are synthetic: nothing here says how the model does on patients." in full
    assert "It was not trained on cases of west." in full
    assert "Software: pleura 0.1.0." in full
    assert "synthetic" not in bare
    assert "model" not in bare
    unnamed = methods_text(replace(BARE, test=replace(BARE.test, patients_named=False)))
    assert "patients" not in unnamed


def test_markdown_has_a_row_an_item_with_four_cells() -> None:
    facts = replace(FULL, software={"a|b": "1"})
    rows = [line for line in checklists_text(answer_checklists(facts)).splitlines() if line.startswith("| ")]
    assert len(rows) == 44 + 48 + 52 + 3  # and a head for each table
    assert all(line.replace("\\|", "").count("|") == 5 for line in rows)


def test_files(tmp_path: Path) -> None:
    write_checklists(tmp_path, FULL)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checklists.json", "checklists.md", "methods.md"]
    table = json.loads((tmp_path / "checklists.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in table["checklists"]] == ["CLAIM 2024", "STARD-AI", "TRIPOD+AI"]
    for one in table["checklists"]:
        assert sum(one["counts"].values()) == len(one["items"])
        assert all(item["answer"] for item in one["items"] if item["status"] != "to be filled by a person")


@pytest.mark.parametrize("binary", [False, True])
def test_facts_of_a_report(binary: bool, rng: np.random.Generator) -> None:
    classes = ("0", "1") if binary else ("healthy", "covid-19", "bacterial")
    truth = np.arange(24) % len(classes)
    scores = rng.random((24, len(classes))) + 0.5 * np.eye(len(classes))[truth]
    if binary:
        scores = np.stack([-scores[:, 1], scores[:, 1]], axis=1) / 2
    predictions = Predictions(
        classes=classes,
        cases=tuple(f"c{index}" for index in range(24)),
        truth=truth,
        scores=scores,
        binary=binary,
        hospitals=tuple(("north", "east")[index % 2] for index in range(24)),
    )
    report = evaluate_predictions(predictions, settings=IntervalSettings(resamples=100))
    test = facts_of_report(predictions, report).test
    assert test.classes == {name: 24 // len(classes) for name in classes}
    assert test.hospitals == {"east": 12, "north": 12}
    assert (test.patients_named, test.patients) == (False, 24)
    assert "Wilson for proportions" in test.uncertainty
    assert test.results[0] == f"accuracy {report.overall.accuracy}"
    one = report.overall.classes[0]
    assert f"{one.name}: sensitivity {one.sensitivity}" in test.results
    assert test.cluster_results[0] == f"hospital east: accuracy {report.by_hospital['east'].accuracy}"
    assert len(test.confusion) == len(classes)
