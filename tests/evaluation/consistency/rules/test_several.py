"""Several classes: random confusion matrices never raise, and numbers changed by hand do."""

from typing import Any

import numpy as np
import pytest

from pleura.evaluation.consistency.document import parse_document
from pleura.evaluation.consistency.finding import Finding, Level
from pleura.evaluation.consistency.rules.several import check_classes

NAMES = ("healthy", "covid-19", "other-viral", "bacterial")


def _report(matrix: np.ndarray, decimals: int = 2) -> dict[str, Any]:
    """What a paper would print of a confusion matrix, rows the truth."""
    cases = int(matrix.sum())
    classes = {}
    recalls, precisions = [], []
    for k, name in enumerate(NAMES):
        tp, positives, called = int(matrix[k, k]), int(matrix[k].sum()), int(matrix[:, k].sum())
        recalls.append(tp / positives)
        precisions.append(tp / called)
        classes[name] = {
            "positives": positives,
            "recall": f"{recalls[-1]:.{decimals}f}",
            "precision": f"{precisions[-1]:.{decimals}f}",
            "f1": f"{2 * tp / (positives + called):.{decimals}f}",
        }
    sizes = matrix.sum(axis=1)
    return {
        "class": classes,
        "cases": cases,
        "accuracy": f"{np.trace(matrix) / cases:.{decimals}f}",
        "macro_recall": f"{np.mean(recalls):.{decimals}f}",
        "weighted_precision": f"{np.average(precisions, weights=sizes):.{decimals}f}",
    }


def _check(report: dict[str, Any]) -> list[Finding]:
    return check_classes(parse_document({"format": 1, "classes": [report]}).classes[0])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("with_matrix", [False, True])
def test_numbers_of_a_matrix_never_raise(seed: int, with_matrix: bool) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.integers(1, 12, (4, 4)) + np.diag(rng.integers(5, 60, 4))
    report = _report(matrix, decimals=int(rng.integers(1, 4)))
    if with_matrix:
        report["confusion"] = matrix.tolist()
    # Ties come from binary rounding in this test, as they do in papers; they are notes.
    assert [one for one in _check(report) if one.level is not Level.NOTE] == []


MATRIX = np.array([[70, 5, 2, 3], [4, 72, 2, 2], [1, 3, 14, 2], [2, 6, 3, 49]])


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("accuracy", "0.90", "the classes' true positives are all right answers"),
        ("macro_recall", "0.91", "a mean over classes comes from the classes"),
        ("weighted_precision", "0.80", "a mean over classes comes from the classes"),
    ],
)
def test_a_wrong_common_number(key: str, value: str, rule: str) -> None:
    report = {**_report(MATRIX), key: value}
    found = _check(report)
    assert [(one.level, one.rule) for one in found] == [(Level.CONTRADICTION, rule)]
    assert key.replace("recall", "sensitivity").replace("precision", "ppv").replace("_", " ") in found[0].reported[-1]


def test_a_precision_that_would_call_more_cases_than_there_are() -> None:
    # 70 true positives at a precision of 0.30 are 230 cases called; with the others that is more than 240.
    report = _report(MATRIX)
    report["class"]["healthy"] = {"positives": 80, "recall": "0.88", "precision": "0.30"}
    report["class"]["covid-19"].pop("f1")
    del report["weighted_precision"]
    found = _check(report)
    assert [one.rule for one in found] == ["the cases called each class are all cases"]


def test_a_matrix_against_the_numbers_of_its_classes() -> None:
    report = {**_report(MATRIX), "confusion": MATRIX.tolist()}
    report["class"]["bacterial"]["recall"] = "0.85"  # 49 of 60 are 0.82
    found = _check(report)
    assert {one.where for one in found} == {"classes 1, bacterial"}
    assert any("sensitivity 0.85" in one.reported for one in found)
