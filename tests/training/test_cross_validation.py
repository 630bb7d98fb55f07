"""A cross-validation on a micro cohort: what it leaves, who answered on whom, and that it goes on where it stopped."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, cohen_kappa_score

from pleura.data.cohort import Cohort, read_cohort
from pleura.errors import OutputError, RecipeError
from pleura.evaluation.predictions import read_predictions
from pleura.models.files import load_model
from pleura.settings import ValidationSettings, parse_recipe
from pleura.training.cross_validation import cross_validate
from pleura.training.fold_results import CrossValidation
from training import micro
from training.test_loop import Stopper

FOLDS = 3
RECIPE = replace(micro.recipe(), schedule=replace(micro.recipe().schedule, epochs=2, warmup_epochs=0))


@pytest.fixture(scope="module")
def cohort(micro_cohort: Path) -> Cohort:
    """The micro cohort with its last four cases, one of each class, as the test split."""
    whole = read_cohort(micro_cohort)
    cases = [replace(case, split="test") if i >= 12 else case for i, case in enumerate(whole.cases)]
    return replace(whole, cases=tuple(cases))


@pytest.fixture(scope="module")
def done(cohort: Cohort, micro_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[CrossValidation, Path]:
    out = tmp_path_factory.mktemp("folds") / "run"
    return cross_validate(RECIPE, cohort, out, folds=FOLDS, cache_folder=micro_cache), out


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _tree(out: Path) -> dict[str, bytes]:
    """All files but those that hold times or raw state."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name not in ("log.csv", "checkpoint.safetensors")
    }


def test_every_patient_is_judged_once_by_a_model_that_has_not_seen_it(done, cohort: Cohort) -> None:
    summed, out = done
    fold_of = {row["case"]: int(row["fold"]) for row in _rows(out / "folds.csv")}
    assert set(fold_of) == {case.case for case in cohort.cases[:12]}
    judged = read_predictions(out / "predictions.csv")
    assert sorted(judged.cases) == sorted(fold_of)
    assert [f"fold {fold_of[case]}" for case in judged.cases] == list(judged.groups or ())
    for fold in range(1, FOLDS + 1):
        card = load_model(out / f"fold-{fold}" / "micro").card
        inside = [case for case, number in fold_of.items() if number == fold]
        assert list(read_predictions(out / f"fold-{fold}" / "held-out.csv").cases) == inside
        assert card.training["cases"] == 12 - len(inside)
        assert card.training["labels"] == dict.fromkeys(sorted(judged.classes), 2)
    assert summed.folds.cases == (4, 4, 4)


def test_the_answers_are_those_of_the_fold_s_model(done, cohort: Cohort, micro_cache: Path) -> None:
    from pleura.training.assess import assess

    _, out = done
    again = assess(load_model(out / "fold-2" / "micro"), cohort, cache_folder=micro_cache)
    np.testing.assert_allclose(read_predictions(out / "fold-2" / "test.csv").scores, again.probabilities, atol=1e-6)


def test_the_test_split_gets_every_model_s_answer_and_their_mean(done, cohort: Cohort) -> None:
    summed, out = done
    single = [read_predictions(out / f"fold-{fold}" / "test.csv") for fold in range(1, FOLDS + 1)]
    mean = read_predictions(out / "test-predictions.csv")
    assert list(mean.cases) == [case.case for case in cohort.split("test")]
    np.testing.assert_allclose(mean.scores, np.mean([one.scores for one in single], axis=0), atol=2e-6)
    assert (single[0].scores != single[1].scores).any()
    row = next(row for row in summed.test_rows if row["metric"] == "balanced accuracy")
    by_hand = [balanced_accuracy_score(one.truth, one.scores.argmax(axis=1)) for one in single]
    assert [row[f"fold_{fold}"] for fold in range(1, FOLDS + 1)] == pytest.approx(by_hand)
    assert row["mean"] == pytest.approx(np.mean(by_hand))
    if row["deviation"]:
        assert row["run_high"] - row["mean"] == pytest.approx(4.302653 * row["deviation"] / np.sqrt(3), rel=1e-6)
    assert row["ensemble"] == pytest.approx(balanced_accuracy_score(mean.truth, mean.scores.argmax(axis=1)))


def test_what_is_written_agrees_with_the_predictions(done) -> None:
    _, out = done
    table = json.loads((out / "cross_validation.json").read_text())
    judged = read_predictions(out / "predictions.csv")
    right = {"all": judged, "east": None, "west": None}
    for row in table["held_out"]:
        if row["metric"] == "accuracy":
            assert row["hospital"] in right
            inside = np.array([row["hospital"] in ("all", name) for name in judged.hospitals or ()])
            answer = judged.scores.argmax(axis=1)
            assert row["pooled"] == pytest.approx(accuracy_score(judged.truth[inside], answer[inside]), abs=1e-6)
    assert {row["hospital"] for row in table["held_out"]} == set(right)
    assert [one["model"] for one in table["folds"]] == [
        load_model(out / f"fold-{fold}" / "micro").id for fold in range(1, FOLDS + 1)
    ]
    assert set(table["test"]["ensemble"]["hospitals"]) == {"east", "west"}
    assert (out / "learning-curves.png").stat().st_size > 5000
    assert len(_rows(out / "cross_validation.csv")) == len(table["held_out"])


@pytest.mark.parametrize(("task", "after"), [("fold 2 of 3: epoch 2", 1), ("fold 3 of 3: classifying held-out", 2)])
def test_a_stopped_run_goes_on_to_the_same_files(
    done, cohort: Cohort, micro_cache: Path, tmp_path: Path, task: str, after: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        cross_validate(
            RECIPE, cohort, tmp_path, folds=FOLDS, cache_folder=micro_cache, watcher=Stopper(task=task, after=after)
        )
    assert not (tmp_path / "cross_validation.json").exists()
    listener = Stopper()
    cross_validate(RECIPE, cohort, tmp_path, folds=FOLDS, cache_folder=micro_cache, resume=True, watcher=listener)
    assert "fold 1 of 3: done before" in listener.lines
    assert _tree(tmp_path) == _tree(done[1])


def test_with_the_best_weights_another_fold_chooses_them(cohort: Cohort, micro_cache: Path, tmp_path: Path) -> None:
    recipe = replace(
        RECIPE,
        schedule=replace(RECIPE.schedule, epochs=1),
        validation=ValidationSettings(keep="best"),
    )
    cross_validate(recipe, cohort, tmp_path / "run", folds=FOLDS, cache_folder=micro_cache)
    card = load_model(tmp_path / "run" / "fold-3" / "micro").card
    assert (card.training["cases"], card.metrics["validation"]["cases"]) == (4, 4)
    with pytest.raises(RecipeError, match="need at least 3"):
        cross_validate(recipe, cohort, tmp_path / "two", folds=2, cache_folder=micro_cache)


def test_grades_have_a_kappa(tmp_path: Path) -> None:
    whole = read_cohort(micro.write_cohort(tmp_path / "cohort", cases=36))
    recipe = parse_recipe(
        'task = "severity"\n' + micro.RECIPE.replace("epochs = 4\nwarmup_epochs = 1", "epochs = 1\nwarmup_epochs = 0")
    )
    graded = [case for case in whole.cases if case.label == "covid-19"]
    tested = {case.case for case in graded[:3]}
    cases = tuple(replace(case, split="test" if case.case in tested else case.split) for case in whole.cases)
    summed = cross_validate(
        recipe, replace(whole, cases=cases), tmp_path / "run", folds=2, cache_folder=tmp_path / "cache"
    )
    (row,) = [row for row in summed.rows if row["metric"] == "quadratic kappa"]
    judged = summed.pooled
    by_hand = cohen_kappa_score(judged.truth, judged.scores.argmax(axis=1), weights="quadratic")
    assert row["pooled"] == pytest.approx(by_hand)
    assert len(judged.cases) == 6
    assert summed.ensemble is not None
    assert {row["metric"] for row in summed.test_rows} >= {"quadratic kappa", "AUC"}


def test_another_run_s_folder_is_not_taken(done, cohort: Cohort, micro_cache: Path, tmp_path: Path) -> None:
    _, out = done
    with pytest.raises(OutputError, match="add --resume"):
        cross_validate(RECIPE, cohort, out, folds=FOLDS, cache_folder=micro_cache)
    with pytest.raises(RecipeError, match="of another run"):
        cross_validate(RECIPE, cohort, out, folds=2, cache_folder=micro_cache, resume=True)
    with pytest.raises(RecipeError, match="nothing to resume"):
        cross_validate(RECIPE, cohort, tmp_path, folds=FOLDS, cache_folder=micro_cache, resume=True)
