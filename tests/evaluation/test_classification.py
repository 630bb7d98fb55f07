"""Accuracy and AUC against slow definitions, scikit-learn, and a case worked by hand."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pleura.evaluation.classification import auc, evaluate_classes


def test_auc_is_the_share_of_pairs_in_order(rng: np.random.Generator) -> None:
    truth = rng.random(60) < 0.4
    scores = rng.integers(0, 8, 60) / 8  # many ties
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[truth] for b in scores[~truth]]
    assert auc(truth, scores) == pytest.approx(np.mean(pairs), abs=1e-12)
    assert auc(truth, scores) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)


def test_three_classes_by_hand() -> None:
    truth = [0, 0, 1, 1, 2]
    p = [[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.5, 0.2, 0.3]]
    result = evaluate_classes(truth, p, ("a", "b", "c"))
    assert (result.accuracy.hits, result.accuracy.total) == (3, 5)
    assert result.confusion.tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 0]]
    a, b, c = result.classes
    assert (a.sensitivity.hits, a.sensitivity.total, a.specificity.hits, a.specificity.total) == (1, 2, 2, 3)
    assert (b.sensitivity.hits, b.specificity.hits) == (2, 2)
    assert (c.sensitivity.hits, c.specificity.hits) == (0, 4)
    assert a.auc == pytest.approx((1 + 1 + 1 + 1 + 1 + 0) / 6)  # 0.8 above all three, 0.3 above 0.2 and 0.1, below 0.5
    assert c.auc == 1.0


def test_a_class_without_cases_has_no_numbers() -> None:
    result = evaluate_classes([0, 0], [[0.9, 0.1], [0.2, 0.8]], ("a", "b"))
    assert result.classes[1].sensitivity is None
    assert result.classes[0].specificity is None
    assert result.classes[0].auc is None


@pytest.mark.parametrize(
    ("truth", "p"),
    [([], np.zeros((0, 2))), ([0], [[0.5, 0.5], [0.5, 0.5]]), ([2], [[0.5, 0.5]]), ([-1], [[0.5, 0.5]])],
)
def test_what_does_not_fit_is_refused(truth: list[int], p: object) -> None:
    with pytest.raises(ValueError, match="need"):
        evaluate_classes(truth, p, ("a", "b"))


@pytest.mark.parametrize(("truth", "scores"), [([True], [0.5]), ([True, False], [0.5, np.nan]), ([True, False], [0.1])])
def test_auc_refuses_what_has_none(truth: list[bool], scores: list[float]) -> None:
    with pytest.raises(ValueError, match="need"):
        auc(truth, scores)
