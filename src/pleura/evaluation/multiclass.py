"""Scores of a classifier with several classes: probabilities and true classes in, numbers out."""

import numpy as np
import numpy.typing as npt

__all__ = ["accuracy", "balanced_accuracy", "confusion_matrix", "log_loss"]


def confusion_matrix(probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Count cases by true class (rows) and most probable class (columns).

    Parameters
    ----------
    probabilities : (cases, classes)
    labels : (cases,), 0 to classes - 1

    Raises
    ------
    ValueError
        If there is no case or the shapes do not fit.

    Examples
    --------
    >>> confusion_matrix(np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]), np.array([0, 1, 1]))
    array([[1, 0],
           [1, 1]])
    """
    _check(probabilities, labels)
    classes = probabilities.shape[1]
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, probabilities.argmax(axis=1)), 1)
    return counts


def accuracy(probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    """Share of cases whose most probable class is the true one; parameters as in `confusion_matrix`."""
    _check(probabilities, labels)
    return float((probabilities.argmax(axis=1) == labels).mean())


def balanced_accuracy(probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    """Mean over the classes that occur of the share of their cases that are recognised."""
    counts = confusion_matrix(probabilities, labels)
    occurring = counts.sum(axis=1) > 0
    return float((counts.diagonal()[occurring] / counts.sum(axis=1)[occurring]).mean())


def log_loss(probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    """Mean of minus the natural logarithm of the true class's probability, which is taken as at least 1e-12."""
    _check(probabilities, labels)
    true = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(true, 1e-12)).mean())


def _check(probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> None:
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1] or len(labels) == 0:
        raise ValueError(f"need (cases, classes) and (cases,), got {probabilities.shape} and {labels.shape}")
    if labels.min() < 0 or labels.max() >= probabilities.shape[1]:
        raise ValueError(f"labels {labels.min()}..{labels.max()} do not fit {probabilities.shape[1]} classes")
