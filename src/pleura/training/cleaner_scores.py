"""Probabilities and true classes of slices in; the cut-off on P(fit) and what it amounts to out."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pleura.data.faults.kinds import FIT, SLICE_CLASSES
from pleura.evaluation.multiclass import accuracy, balanced_accuracy, confusion_matrix, log_loss
from pleura.evaluation.roc import auc

__all__ = ["cleaner_metrics", "fit_cutoff", "simple_scores"]

Probabilities = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

HIGHEST_CUTOFF = 0.5
"""Above it a slice would be thrown away though most of the probability says that it is fit."""


def simple_scores(probabilities: Probabilities, labels: Labels) -> dict[str, float]:
    """Score drawn slices, for the log.

    Parameters
    ----------
    probabilities : (slices, classes)
    labels : (slices,), indices into `SLICE_CLASSES`
    """
    return {
        "validation_loss": log_loss(probabilities, labels),
        "validation_accuracy": accuracy(probabilities, labels),
        "validation_balanced_accuracy": balanced_accuracy(probabilities, labels),
    }


def fit_cutoff(probabilities: Probabilities, labels: Labels, kept: float) -> float:
    """Find the highest cut-off on P(fit), at most 0.5, that keeps so large a share of the fit slices.

    Parameters
    ----------
    probabilities : (slices, classes)
    labels : (slices,), indices into `SLICE_CLASSES`
    kept : share, 0 to 1

    Returns
    -------
    Rounded down to three places; 0.5 if no slice is fit.

    Examples
    --------
    >>> p = np.array([[x] + [(1 - x) / 7] * 7 for x in (0.9, 0.4567, 0.2, 0.1)])
    >>> fit_cutoff(p, np.array([0, 0, 0, 2]), 0.6)
    0.456
    """
    scores = np.sort(probabilities[labels == SLICE_CLASSES.index(FIT), SLICE_CLASSES.index(FIT)])
    if not scores.size:
        return HIGHEST_CUTOFF
    lost = int(np.floor((1.0 - kept) * scores.size + 1e-9))
    return float(np.floor(min(HIGHEST_CUTOFF, scores[lost]) * 1000) / 1000)


def cleaner_metrics(probabilities: Probabilities, labels: Labels, cutoff: float) -> dict[str, object]:
    """Say how a cleaner does on slices whose faults are known.

    Parameters
    ----------
    probabilities : (slices, classes)
    labels : (slices,), indices into `SLICE_CLASSES`; fit and unfit ones
    cutoff : a slice is kept from this P(fit) on

    Returns
    -------
    Numbers and tables by class, as a card's metrics hold them: `kept`, share kept of each class (of the unfit it should
    be small); `named`, share of those of each class for which the network's most probable class is the true one;
    `confusion`, of each true class the counts by most probable class, in the order of the classes.
    """
    fit = SLICE_CLASSES.index(FIT)
    counts = confusion_matrix(probabilities, labels)
    kept, named, confusion = {}, {}, {}
    for number, name in enumerate(SLICE_CLASSES):
        of_class = labels == number
        if of_class.any():
            kept[name] = round(float((probabilities[of_class, fit] >= cutoff).mean()), 4)
            named[name] = round(float(counts[number, number] / counts[number].sum()), 4)
            confusion[name] = [int(value) for value in counts[number]]
    unfit = labels != fit
    tables: Mapping[str, object] = {"kept": kept, "named": named, "confusion": confusion}
    return {
        "slices": len(labels),
        "accuracy": round(accuracy(probabilities, labels), 4),
        "balanced_accuracy": round(balanced_accuracy(probabilities, labels), 4),
        "log_loss": round(log_loss(probabilities, labels), 4),
        "auc_fit": round(auc(~unfit, probabilities[:, fit]), 4),
        "unfit_kept": round(float((probabilities[unfit, fit] >= cutoff).mean()), 4),
        **tables,
    }
