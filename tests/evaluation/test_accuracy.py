"""Reports over parts of the cases, for a single score, and the notes beside them."""

from dataclasses import replace

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.accuracy import evaluate_predictions
from pleura.evaluation.classification import IntervalSettings, evaluate_classes
from pleura.evaluation.predictions import Predictions

QUICK = IntervalSettings(resamples=100)


@pytest.fixture
def predictions(rng: np.random.Generator) -> Predictions:
    return Predictions(
        classes=("a", "b", "c"),
        cases=tuple(str(index) for index in range(90)),
        truth=rng.integers(0, 3, 90),
        scores=rng.dirichlet(np.ones(3), 90),
        patients=tuple(f"p{index}" for index in range(90)),
        hospitals=("south", "north", "north") * 30,
        groups=("new", "old") * 45,
    )


def _binary(scores: list[float], truth: list[int]) -> Predictions:
    column = np.array(scores)[:, None]
    names = tuple(str(index) for index in range(len(truth)))
    return Predictions(("0", "1"), names, np.array(truth), np.concatenate([-column, column], axis=1), binary=True)


def test_parts_are_the_parts_cases(predictions: Predictions) -> None:
    report = evaluate_predictions(predictions, settings=QUICK)
    assert list(report.by_hospital) == ["north", "south"]
    assert list(report.by_group) == ["new", "old"]
    north = np.array(predictions.hospitals) == "north"
    alone = evaluate_classes(predictions.truth[north], predictions.scores[north], predictions.classes, settings=QUICK)
    assert report.by_hospital["north"].accuracy == alone.accuracy
    assert report.by_hospital["north"].classes == alone.classes
    assert [part[:2] for part in report.parts()][:3] == [("all", "all"), ("hospital", "north"), ("hospital", "south")]


def test_a_single_score_by_hand() -> None:
    report = evaluate_predictions(_binary([0.9, 0.5, 0.4, 0.2], [1, 0, 1, 0]), settings=QUICK)
    (one,) = report.overall.classes
    assert (one.name, one.sensitivity.hits, one.specificity.hits, report.threshold) == ("1", 1, 1, 0.5)
    assert one.auc.value == 0.75
    assert report.overall.macro_auc is None
    assert report.overall.confusion.tolist() == [[1, 1], [1, 1]]
    lower = evaluate_predictions(_binary([0.9, 0.5, 0.4, 0.2], [1, 0, 1, 0]), threshold=0.4, settings=QUICK)
    assert lower.overall.classes[0].sensitivity.hits == 2


def test_scores_that_are_no_probabilities_need_a_threshold() -> None:
    scores = _binary([12.0, -3.0], [1, 0])
    with pytest.raises(CohortError, match="give a --threshold"):
        evaluate_predictions(scores)
    assert evaluate_predictions(scores, threshold=0, settings=QUICK).overall.accuracy.hits == 2
    with pytest.raises(CohortError, match="no grades"):
        evaluate_predictions(scores, threshold=0, ordinal=True)


def test_notes_say_how_intervals_came_about(predictions: Predictions) -> None:
    def notes(changed: Predictions) -> str:
        return " ".join(evaluate_predictions(changed, settings=QUICK).notes)

    assert "Wilson" in notes(predictions)
    assert "no column patient" in notes(replace(predictions, patients=None))
    again = notes(replace(predictions, patients=tuple(f"p{index // 2}" for index in range(90))))
    assert "90 cases are of 45 patients" in again
    assert "resampling patients" in again
    few = notes(predictions.of(np.arange(90) < 6))
    assert "too few for a firm number" in few
    assert "No case of class" in notes(predictions.of(predictions.truth < 2))


def test_grades_come_only_where_asked_for(predictions: Predictions) -> None:
    assert evaluate_predictions(predictions, settings=QUICK).grades is None
    assert evaluate_predictions(predictions, ordinal=True, settings=QUICK).grades.kappa is not None
