"""Quadratic-weighted kappa against its definition and scikit-learn; grades against evaluate_classes."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from pleura.evaluation.agreement.grades import evaluate_grades, quadratic_kappa, quadratic_kappa_interval
from pleura.evaluation.classification import IntervalSettings


def _by_definition(truth: np.ndarray, answer: np.ndarray, grades: int) -> float:
    seen = by_chance = 0.0
    for t, a in zip(truth, answer, strict=True):
        seen += (t - a) ** 2
    for t in truth:
        for a in answer:
            by_chance += (t - a) ** 2
    return float(1 - seen * len(truth) / by_chance)


def test_against_the_definition_and_scikit_learn(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 3, 90)
    answer = np.clip(truth + rng.integers(-1, 2, 90), 0, 2)
    found = quadratic_kappa(truth, answer, 3)
    assert found == pytest.approx(_by_definition(truth, answer, 3), abs=1e-12)
    assert found == pytest.approx(cohen_kappa_score(truth, answer, weights="quadratic"), abs=1e-12)


def test_by_hand() -> None:
    """Grades 0 0 1 2 answered 0 1 1 2: one step off in four; by chance the mean squared distance is 1.25.

    Truth and answers have mean squares 5/4 and 6/4 and means 3/4 and 1: 5/4 + 6/4 - 2 * 3/4 = 5/4.
    """
    assert quadratic_kappa([0, 0, 1, 2], [0, 1, 1, 2], 3) == pytest.approx(1 - (1 / 4) / (5 / 4))
    assert quadratic_kappa([0, 1, 2], [0, 1, 2], 3) == 1.0
    assert quadratic_kappa([0, 2], [2, 0], 3) == -1.0


def test_one_grade_everywhere_has_no_kappa() -> None:
    assert np.isnan(quadratic_kappa([1, 1], [1, 1], 3))
    assert quadratic_kappa_interval([1, 1], [1, 1], 3) is None


def test_the_interval_lies_around_the_value_and_widens_with_repeated_patients(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 3, 60)
    answer = np.clip(truth + rng.integers(-1, 2, 60), 0, 2)
    people = [str(index) for index in range(60)]
    once = quadratic_kappa_interval(truth, answer, 3)
    assert once.low < quadratic_kappa(truth, answer, 3) == once.value < once.high
    four = quadratic_kappa_interval(np.tile(truth, 4), np.tile(answer, 4), 3, patients=people * 4)
    assert four.value == pytest.approx(once.value)
    assert four.high - four.low == pytest.approx(once.high - once.low, rel=0.15)


def test_grades_are_judged_together(rng: np.random.Generator) -> None:
    p = np.array([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7]])
    found = evaluate_grades([0, 0, 1, 2], p, ("1", "2", "3"), settings=IntervalSettings(resamples=100))
    assert (found.mean_error, found.off_by_more) == (0.5, 1)
    assert found.kappa.value == pytest.approx(quadratic_kappa([0, 0, 1, 2], [0, 2, 1, 2], 3))
    assert [one.auc.value for one in found.result.classes] == pytest.approx([0.625, 1.0, 5 / 6])


@pytest.mark.parametrize(("truth", "answer", "grades"), [([0], [0, 1], 3), ([], [], 3), ([0], [3], 3), ([0], [0], 1)])
def test_what_does_not_fit_is_refused(truth: list[int], answer: list[int], grades: int) -> None:
    with pytest.raises(ValueError, match="need"):
        quadratic_kappa(truth, answer, grades)
