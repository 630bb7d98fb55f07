"""A cross-validation's summary by hand, against results of single folds, and with repeated patients."""

from math import sqrt

import numpy as np
import pytest

from pleura.evaluation.classification import IntervalSettings, evaluate_classes
from pleura.evaluation.intervals.proportions import wilson
from pleura.evaluation.repeated.folds import FoldResult, fold_summary
from pleura.evaluation.roc import auc


def _fold(rng: np.random.Generator, number: int, cases: int = 40) -> FoldResult:
    truth = rng.integers(0, 3, cases)
    p = rng.dirichlet(np.ones(3), cases)
    p[np.arange(cases), truth] += 0.4
    return FoldResult(
        truth=truth,
        probabilities=p / p.sum(axis=1, keepdims=True),
        hospitals=["east", "west"] * (cases // 2),
        patients=[f"{number}-{index}" for index in range(cases)],
    )


@pytest.fixture
def folds(rng: np.random.Generator) -> list[FoldResult]:
    return [_fold(rng, number) for number in range(5)]


def test_by_hand() -> None:
    """Accuracies 1 and 0.5: mean 0.75, deviation 0.3536; t with one degree of freedom is 12.706 at 97.5 %."""
    one = FoldResult(np.array([0, 1]), np.eye(2), ["h"] * 2, ["a", "b"])
    other = FoldResult(np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]]), ["h"] * 2, ["c", "d"])
    found = fold_summary([one, other], resamples=100).metric("accuracy")
    assert found.values == (1.0, 0.5)
    assert (found.mean, found.deviation) == (0.75, pytest.approx(sqrt(0.125)))
    assert (found.run_low, found.run_high) == pytest.approx((0.75 - 12.7062 * 0.25, 0.75 + 12.7062 * 0.25), abs=1e-3)
    assert (found.pooled.value, found.pooled.low) == (0.75, wilson(3, 4).low)


def test_each_fold_is_what_evaluate_classes_says(folds: list[FoldResult]) -> None:
    summary = fold_summary(folds, classes=("a", "b", "c"), resamples=100)
    for index, fold in enumerate(folds):
        single = evaluate_classes(
            fold.truth, fold.probabilities, ("a", "b", "c"), settings=IntervalSettings(resamples=100)
        )
        assert summary.metric("accuracy").values[index] == pytest.approx(single.accuracy.value)
        assert summary.metric("balanced accuracy").values[index] == pytest.approx(single.balanced_accuracy.value)
        assert summary.metric("macro AUC").values[index] == pytest.approx(single.macro_auc.value)
        for one in single.classes:
            for name, value in (("sensitivity", one.sensitivity), ("specificity", one.specificity), ("AUC", one.auc)):
                assert summary.metric(name, one.name).values[index] == pytest.approx(value.value)


def test_pooled_area_counts_pairs_within_folds_only(folds: list[FoldResult]) -> None:
    """So a fold whose scores are all higher changes nothing."""
    shifted = [
        FoldResult(fold.truth, fold.probabilities + number, fold.hospitals, fold.patients)
        for number, fold in enumerate(folds)
    ]
    before = fold_summary(folds, resamples=100).metric("AUC", "1").pooled
    after = fold_summary(shifted, resamples=100).metric("AUC", "1").pooled
    assert (after.value, after.low, after.high) == pytest.approx((before.value, before.low, before.high))
    areas = [auc(fold.truth == 1, fold.probabilities[:, 1]) for fold in folds]
    pairs = [int((fold.truth == 1).sum()) * int((fold.truth != 1).sum()) for fold in folds]
    assert before.value == pytest.approx(np.average(areas, weights=pairs))


def test_hospitals_are_summed_up_alone(folds: list[FoldResult]) -> None:
    summary = fold_summary(folds, resamples=100)
    right = [
        (fold.probabilities.argmax(axis=1) == fold.truth)[np.array(fold.hospitals) == "west"].mean() for fold in folds
    ]
    assert list(summary.by_hospital) == ["east", "west"]
    assert summary.by_hospital["west"][0].values == pytest.approx(right)


def test_repeated_patients_widen_the_pooled_interval(folds: list[FoldResult]) -> None:
    four = [
        FoldResult(
            np.tile(fold.truth, 4), np.tile(fold.probabilities, (4, 1)), fold.hospitals * 4, list(fold.patients) * 4
        )
        for fold in folds
    ]
    once, again = fold_summary(folds).metric("accuracy"), fold_summary(four).metric("accuracy")
    assert again.pooled.method == "bootstrap"
    assert again.pooled.high - again.pooled.low == pytest.approx(once.pooled.high - once.pooled.low, rel=0.2)
    assert (again.run_low, again.run_high) == pytest.approx((once.run_low, once.run_high))
    assert fold_summary(four, resamples=100).patients == 200


def test_a_class_that_a_fold_lacks_has_no_value_there(folds: list[FoldResult]) -> None:
    lacking = FoldResult(np.zeros(6, int), np.full((6, 3), 1 / 3), ["east"] * 6, list("uvwxyz"))
    found = fold_summary([*folds, lacking], resamples=100).metric("sensitivity", "2")
    assert found.values[-1] is None
    assert found.mean == pytest.approx(np.mean(found.values[:-1]))


def test_rows_are_flat(folds: list[FoldResult]) -> None:
    rows = fold_summary(folds, resamples=100).rows()
    assert len(rows) == 3 * (3 + 3 * 3)
    assert rows[0]["hospital"] == "all"
    assert {"metric", "class", "fold_1", "fold_5", "mean", "run_low", "pooled", "patient_low"} <= set(rows[0])


def test_what_is_no_cross_validation_is_refused(folds: list[FoldResult]) -> None:
    with pytest.raises(ValueError, match="two folds"):
        fold_summary(folds[:1])
    with pytest.raises(ValueError, match=r"patient 0-0 stands in folds 1 and 2; split by patient"):
        fold_summary([folds[0], folds[0]])
    with pytest.raises(ValueError, match="fold 2"):
        fold_summary([folds[0], FoldResult(folds[1].truth, folds[1].probabilities, ["east"], folds[1].patients)])
    with pytest.raises(ValueError, match="fold 1"):
        fold_summary(folds, classes=("a", "b"))
    with pytest.raises(KeyError):
        fold_summary(folds, resamples=100).metric("AUC", "nothing")
