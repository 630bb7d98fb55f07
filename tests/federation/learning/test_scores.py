"""Counts against a case-by-case count, and what is pooled from them against the statistics of the cases themselves."""

import numpy as np
import pytest

from pleura.evaluation.classification import evaluate_classes
from pleura.evaluation.multiclass import log_loss
from pleura.federation.learning.pooled import pool
from pleura.federation.learning.scores import count_answers, score_segments
from pleura.settings import CLASSES

BINS = 50


def answers(rng: np.random.Generator, cases: int, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    labels = rng.integers(0, classes, cases)
    logits = rng.normal(0, 1, (cases, classes)) + 1.5 * np.eye(classes)[labels]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return shares, labels


def counted(probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS) -> dict[str, np.ndarray]:
    return count_answers(probabilities, labels, classes=probabilities.shape[1], bins=bins)


def test_histograms_case_by_case(rng: np.random.Generator) -> None:
    probabilities, labels = answers(rng, 40)
    probabilities[0] = [1, 0, 0, 0]  # 1 belongs to the last bin
    counts = counted(probabilities, labels)
    scores = np.zeros((4, 2, BINS), int)
    confidence = np.zeros((2, BINS), int)
    for row, label in zip(probabilities, labels, strict=True):
        for k in range(4):
            scores[k, int(label == k), min(int(row[k] * BINS), BINS - 1)] += 1
        confidence[int(row.argmax() == label), min(int(row.max() * BINS), BINS - 1)] += 1
    np.testing.assert_array_equal(counts["scores"].reshape(4, 2, BINS), scores)
    np.testing.assert_array_equal(counts["confidence"].reshape(2, BINS), confidence)
    assert counts["loss"][0] == pytest.approx(1000 * 40 * log_loss(probabilities, labels), abs=0.51)


def test_counts_fit_their_segments_even_for_the_most_cases_all_wrong() -> None:
    segments = {segment.name: segment for segment in score_segments(4, BINS, 7)}
    wrong = np.tile([1.0, 0, 0, 0], (7, 1))
    counts = counted(wrong, np.full(7, 3))
    assert counts.keys() == segments.keys()
    for name, segment in segments.items():
        assert counts[name].shape == (segment.size,)
        assert counts[name].max() <= segment.most


def test_no_case_counts_as_nothing() -> None:
    counts = counted(np.zeros((0, 4)), np.zeros(0, np.int64))
    assert {name: (array.sum(), array.dtype) for name, array in counts.items()} == dict.fromkeys(counts, (0, np.int64))
    pooled = pool(counts, CLASSES, BINS)
    assert (pooled.cases, pooled.accuracy, pooled.auc, pooled.loss, pooled.calibration) == (0, None, None, None, None)
    assert pooled.row() == {"cases": 0}


def test_what_hospitals_pool_is_what_their_cases_together_give(rng: np.random.Generator) -> None:
    hospitals = [answers(rng, cases) for cases in (30, 80, 11)]
    probabilities = np.concatenate([p for p, _ in hospitals])
    labels = np.concatenate([true for _, true in hospitals])
    fine = 5000  # so many bins that no two scores share one by chance
    parts = [counted(p, true, bins=fine) for p, true in hospitals]
    pooled = pool({name: sum(part[name] for part in parts) for name in parts[0]}, CLASSES, fine)
    whole = evaluate_classes(labels, (probabilities * fine).astype(int) / fine, CLASSES)
    assert pooled.cases == 121
    np.testing.assert_array_equal(pooled.confusion, evaluate_classes(labels, probabilities, CLASSES).confusion)
    assert pooled.accuracy == whole.accuracy
    assert whole.balanced_accuracy is not None
    assert whole.macro_auc is not None
    assert pooled.balanced_accuracy == pytest.approx(whole.balanced_accuracy.value)
    assert pooled.auc == pytest.approx(whole.macro_auc.value)
    assert pooled.loss == pytest.approx(log_loss(probabilities, labels), abs=0.002)
    for mine, theirs in zip(pooled.classes, whole.classes, strict=True):
        assert (mine.positives, mine.negatives) == (theirs.positives, theirs.negatives)
        assert mine.sensitivity == theirs.sensitivity
        assert mine.specificity == theirs.specificity
        assert mine.auc is not None
        assert theirs.auc is not None
        assert (mine.auc.value, mine.auc.low) == pytest.approx((theirs.auc.value, theirs.auc.low))
        assert mine.roc is not None
        sensitivity, false = mine.roc
        assert float(np.trapezoid(sensitivity, false)) == pytest.approx(mine.auc.value)


def test_calibration_by_hand() -> None:
    # Two bins: of 4 cases with confidence near 0.75, 3 right; of 2 below one half, none.
    counts = {
        "confusion": np.array([3, 3, 0, 0]),
        "scores": np.array([0, 0, 2, 4, 1, 1, 2, 2]),
        "confidence": np.array([2, 1, 0, 3]),
        "loss": np.array([3000]),
    }
    pooled = pool(counts, ("a", "b"), 2)
    assert pooled.calibration == pytest.approx((4 * abs(3 / 4 - 0.75) + 2 * 0.25) / 6)
    assert pooled.loss == 0.5
    assert pooled.accuracy is not None
    assert pooled.accuracy.value == 0.5
    assert pooled.classes[0].specificity is None  # nobody is of class b
    assert pooled.classes[1].sensitivity is None
    assert pooled.classes[1].auc is None
    assert pooled.balanced_accuracy == 0.5
    assert "sensitivity b" not in pooled.row()


def test_calibration_in_groups_of_bins_is_that_of_the_cases(rng: np.random.Generator) -> None:
    probabilities, labels = answers(rng, 300)
    fine = 1000
    pooled = pool(counted(probabilities, labels, bins=fine), CLASSES, fine)
    highest, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    gaps = 0.0
    for group in range(10):
        there = (highest * 10).astype(int) == group
        gaps += abs((right[there] - highest[there]).sum())
    assert pooled.calibration == pytest.approx(gaps / 300, abs=0.001)


def test_one_case_on_a_side_has_an_area_without_an_interval() -> None:
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])
    pooled = pool(counted(probabilities, np.array([0, 1, 0])), ("a", "b"), BINS)
    for one in pooled.classes:
        assert one.auc is not None
        assert (one.auc.value, one.auc.low) == (1.0, None)
