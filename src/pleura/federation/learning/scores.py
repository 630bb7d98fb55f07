"""A hospital's answers on its own cases in; counts that may be added up over hospitals out.

From the sums, and from nothing else, `pleura.federation.learning.pooled` computes how good a model is on all hospitals'
cases together. The loss is a count too: thousandths, rounded a hospital.
"""

import numpy as np
import numpy.typing as npt

from pleura.evaluation.multiclass import confusion_matrix, log_loss
from pleura.federation.secure_sum.layout import Counts

__all__ = ["LOSS_UNIT", "count_answers", "score_segments"]

LOSS_UNIT = 1000
"""Counts of the segment "loss" to one case's log loss of 1."""
_WORST = 28
"""No case's log loss is higher, since probabilities are taken as at least 1e-12."""

Whole = npt.NDArray[np.int64]


def score_segments(classes: int, bins: int, most_cases: int) -> tuple[Counts, ...]:
    """Name the counts, their number, and what one hospital's may be at the most."""
    return (
        Counts(name="confusion", size=classes * classes, most=most_cases),
        Counts(name="scores", size=classes * 2 * bins, most=most_cases),
        Counts(name="confidence", size=2 * bins, most=most_cases),
        Counts(name="loss", size=1, most=most_cases * _WORST * LOSS_UNIT),
    )


def count_answers(
    probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], *, classes: int, bins: int
) -> dict[str, Whole]:
    """Count one hospital's answers.

    Parameters
    ----------
    probabilities : (cases, classes); there may be no case
    labels : (cases,), class numbers
    classes, bins : of the histograms, over equal parts of 0 to 1; 1 falls into the last

    Returns
    -------
    confusion : (classes * classes,), true class by most probable class
    scores : (classes * 2 * bins,): for each class its probability in the other classes' cases, then in its own
    confidence : (2 * bins,): the largest probability in cases whose answer is wrong, then right
    loss : (1,), the log losses' sum in thousandths

    Examples
    --------
    >>> counts = count_answers(np.array([[0.9, 0.1], [0.6, 0.4]]), np.array([0, 1]), classes=2, bins=2)
    >>> counts["confusion"].tolist(), counts["scores"].tolist(), counts["confidence"].tolist(), counts["loss"].tolist()
    ([1, 0, 1, 0], [0, 1, 0, 1, 1, 0, 1, 0], [0, 1, 0, 1], [1022])
    """
    scores = np.zeros((classes, 2, bins), dtype=np.int64)
    confidence = np.zeros((2, bins), dtype=np.int64)
    if len(labels) == 0:
        nothing = np.zeros(classes * classes, dtype=np.int64), np.zeros(1, dtype=np.int64)
        return {"confusion": nothing[0], "scores": scores.ravel(), "confidence": confidence.ravel(), "loss": nothing[1]}
    binned = np.minimum((probabilities * bins).astype(np.int64), bins - 1)  # (cases, classes)
    for k in range(classes):
        np.add.at(scores[k], ((labels == k).astype(np.int64), binned[:, k]), 1)
    answers = probabilities.argmax(axis=1)
    np.add.at(confidence, ((answers == labels).astype(np.int64), binned[np.arange(len(labels)), answers]), 1)
    summed = round(log_loss(probabilities, labels) * len(labels) * LOSS_UNIT)
    return {
        "confusion": confusion_matrix(probabilities, labels).ravel(),
        "scores": scores.ravel(),
        "confidence": confidence.ravel(),
        "loss": np.array([summed], dtype=np.int64),
    }
