"""True classes and class probabilities in; accuracy, sensitivity, specificity and AUC a class out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from pleura.evaluation.multiclass import confusion_matrix
from pleura.evaluation.proportions import Proportion, wilson

__all__ = ["ClassResult", "Result", "auc", "evaluate_classes"]


@dataclass(frozen=True)
class ClassResult:
    """One class against the rest; None where there is no case to count."""

    name: str
    sensitivity: Proportion | None
    specificity: Proportion | None
    auc: float | None


@dataclass(frozen=True)
class Result:
    """All classes together."""

    accuracy: Proportion
    classes: tuple[ClassResult, ...]
    confusion: npt.NDArray[np.int64]
    """(classes, classes): rows are the truth, columns the most probable class."""


def auc(positive: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Area under the empirical ROC curve: the probability that a positive scores above a negative, ties counted half.

    Parameters
    ----------
    positive : (cases,), true for the condition
    scores : (cases,), finite, higher for the condition

    Raises
    ------
    ValueError
        If one of the two groups is empty, shapes differ, or a score is not finite.

    References
    ----------
    J. A. Hanley, B. J. McNeil, Radiology 143 (1982) 29-36.

    Examples
    --------
    >>> auc([True, True, False, False], [0.9, 0.4, 0.4, 0.1])
    0.875
    """
    truth = np.asarray(positive, dtype=bool)
    values = np.asarray(scores, dtype=np.float64)
    if truth.shape != values.shape or truth.ndim != 1:
        raise ValueError(f"need one score a case, got shapes {truth.shape} and {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("need finite scores, got NaN or infinity")
    n, m = int(truth.sum()), int((~truth).sum())
    if n == 0 or m == 0:
        raise ValueError(f"need cases with and without the condition, got {n} and {m}")
    return float((rankdata(values)[truth].sum() - n * (n + 1) / 2) / (n * m))


def evaluate_classes(truth: npt.ArrayLike, probabilities: npt.ArrayLike, classes: Sequence[str]) -> Result:
    """Compare class probabilities with the truth.

    Parameters
    ----------
    truth : (cases,), index into `classes`
    probabilities : (cases, classes)
    classes : names, in order

    Raises
    ------
    ValueError
        If there is no case, shapes do not fit, or a truth is not an index of a class.
    """
    true = np.asarray(truth, dtype=np.int64)
    p = np.asarray(probabilities, dtype=np.float64)
    count = len(classes)
    if true.ndim != 1 or len(true) == 0 or p.shape != (len(true), count):
        raise ValueError(f"need truths (cases,) and probabilities (cases, {count}), got {true.shape} and {p.shape}")
    if true.min() < 0 or true.max() >= count:
        raise ValueError(f"need truths from 0 to {count - 1}, got {true.min()} to {true.max()}")
    predicted = p.argmax(axis=1)
    results = []
    for k, name in enumerate(classes):
        is_k, said_k = true == k, predicted == k
        both = is_k.any() and not is_k.all()
        results.append(
            ClassResult(
                name=name,
                sensitivity=wilson(int((is_k & said_k).sum()), int(is_k.sum())) if is_k.any() else None,
                specificity=wilson(int((~is_k & ~said_k).sum()), int((~is_k).sum())) if not is_k.all() else None,
                auc=auc(is_k, p[:, k]) if both else None,
            )
        )
    return Result(wilson(int((true == predicted).sum()), len(true)), tuple(results), confusion_matrix(p, true))
