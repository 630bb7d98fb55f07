"""Experiment I on micro hospitals: what the folder holds agrees with the arms in it, and a stopped run goes on."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from federation import tiny
from federation.experiments.hospitals import Listener
from pleura.errors import OutputError, RecipeError
from pleura.evaluation.predictions import read_predictions
from pleura.federation.experiments.conditions import Conditions
from pleura.federation.experiments.pooled_vs_federated import pooled_vs_federated
from pleura.federation.experiments.settings import ExperimentSettings

SETTINGS = ExperimentSettings(seeds=2, rounds=2, protection="plain")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def done(tested_cohort: Path, slices: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("first") / "out"
    pooled_vs_federated(
        SETTINGS, out, recipe=tiny.recipe(), conditions=Conditions(cache_folder=slices, cohort=tested_cohort)
    )
    return out


def test_results_have_a_row_an_arm_a_seed_and_a_group_of_cases(done: Path) -> None:
    rows = read(done / "results.csv")
    arms = ["alone east", "alone north", "alone west", "pooled", "federated"]
    groups = ["all hospitals", "east", "north", "west"]
    found = [(row["seed"], row["arm"], row["judged_on"]) for row in rows]
    assert found == [(seed, arm, group) for seed in ("0", "1") for arm in arms for group in groups]
    for row in rows[::7]:
        answers = read_predictions(done / "seeds" / row["seed"] / "arms" / f"{row['arm'].replace(' ', '-')}.csv")
        chosen = np.array([row["judged_on"] in ("all hospitals", name) for name in answers.hospitals or ()])
        right = (answers.scores.argmax(axis=1) == answers.truth)[chosen]
        assert float(row["accuracy"]) == pytest.approx(right.mean(), abs=1e-6)


def test_seeds_differ_in_training_and_in_nothing_else(done: Path) -> None:
    one, two = (read_predictions(done / "seeds" / seed / "arms" / "pooled.csv") for seed in ("0", "1"))
    assert one.cases == two.cases
    assert np.abs(one.scores - two.scores).max() > 1e-3
    for seed in (0, 1):
        assert f"seed = {seed}\n" in (done / "seeds" / str(seed) / "federated" / "recipe.toml").read_text()


def test_differences_are_paired_by_seed(done: Path) -> None:
    rows = {(row["seed"], row["arm"]): float(row["accuracy"]) for row in read(done / "results.csv")[::4]}
    table = {(row["difference"], row["judged_on"], row["measure"]): row for row in read(done / "differences.csv")}
    gap = table["federated less pooled", "all hospitals", "accuracy"]
    by_seed = [rows[seed, "federated"] - rows[seed, "pooled"] for seed in ("0", "1")]
    assert float(gap["mean"]) == pytest.approx(np.mean(by_seed), abs=1e-5)
    assert float(gap["deviation over seeds"]) == pytest.approx(np.std(by_seed, ddof=1), abs=1e-5)


def test_report_and_figure_say_what_they_are_of(done: Path) -> None:
    report = (done / "report.md").read_text()
    methods = (done / "methods.md").read_text()
    assert "synthetic cases of 3 hospitals, federated in" in methods
    assert "Lungs are found" in methods
    assert "arm federated (line)" in methods
    items = json.loads((done / "checklists.json").read_text())
    assert "CLAIM" in json.dumps(items)
    for said in (
        "**Synthetic patients; for research use; not a medical device.**",
        "36 cases",
        "2 training seeds",
        "| federated |",
        "Federated less pooled, accuracy",
        "Not shown:",
    ):
        assert said in report
    assert len(report.split()) < 600
    assert str(done) not in report
    with Image.open(done / "figure.png") as picture:
        assert len(set(picture.convert("RGB").resize((200, 200)).get_flattened_data())) > 20
    assert (done / "figure.svg").is_file()


def test_a_stopped_experiment_goes_on_to_the_same_tables(
    done: Path, tested_cohort: Path, slices: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        pooled_vs_federated(
            SETTINGS,
            out,
            recipe=tiny.recipe(),
            conditions=Conditions(cache_folder=slices, cohort=tested_cohort, watcher=Listener("alone west")),
        )
    assert not (out / "results.csv").exists()
    with pytest.raises(OutputError, match="add --resume"):
        pooled_vs_federated(
            SETTINGS, out, recipe=tiny.recipe(), conditions=Conditions(cache_folder=slices, cohort=tested_cohort)
        )
    longer = replace(SETTINGS, rounds=3)  # seeds alone may change
    with pytest.raises(RecipeError, match="not what this call asks for"):
        pooled_vs_federated(
            longer,
            out,
            recipe=tiny.recipe(),
            conditions=Conditions(cache_folder=slices, cohort=tested_cohort, resume=True),
        )
    listener = Listener()
    pooled_vs_federated(
        SETTINGS,
        out,
        recipe=tiny.recipe(),
        conditions=Conditions(cache_folder=slices, cohort=tested_cohort, resume=True, watcher=listener),
    )
    assert "alone north: there already" in listener.lines
    for name in ("results.csv", "summary.csv", "differences.csv", "figure.png", "report.md"):
        assert (out / name).read_bytes() == (done / name).read_bytes()


def test_a_folder_with_something_else_is_left_alone(tested_cohort: Path, slices: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="already holds something"):
        pooled_vs_federated(
            SETTINGS, tmp_path, recipe=tiny.recipe(), conditions=Conditions(cache_folder=slices, cohort=tested_cohort)
        )
    with pytest.raises(RecipeError, match="nothing to resume"):
        pooled_vs_federated(
            SETTINGS,
            tmp_path,
            recipe=tiny.recipe(),
            conditions=Conditions(cache_folder=slices, cohort=tested_cohort, resume=True),
        )
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
