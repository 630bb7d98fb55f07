"""Summed counts of all hospitals in; how good the global model is on their cases together out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.intervals.delong import auc_interval
from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.intervals.proportions import Proportion, wilson
from pleura.evaluation.roc import weighted_roc
from pleura.federation.learning.scores import LOSS_UNIT

__all__ = ["GROUPS", "Pooled", "PooledClass", "pool"]

GROUPS = 10
"""Neighbouring bins are put together into so many for the calibration error, which in many bins with few cases each is
large even of a model that is well calibrated."""

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PooledClass:
    """One class against the rest; None where there is no case to count."""

    name: str
    positives: int
    negatives: int
    sensitivity: Proportion | None
    """Share of the class's cases whose most probable class it is."""
    specificity: Proportion | None
    auc: Estimate | None
    """Of the histograms: scores in one bin count as equal. With DeLong's interval."""
    roc: tuple[Floats, Floats] | None
    """Sensitivity and false positive rate at each occupied bin's lower edge, from 0 to 1, (points,)."""
    calibration: float | None
    """Expected calibration error: the gap between a probability and the class's share among the cases that have it,
    in each of ten groups of bins, averaged over the cases."""


@dataclass(frozen=True, eq=False)
class Pooled:
    """All classes together; None where there is no case."""

    cases: int
    confusion: Whole
    """(classes, classes): rows are the truth, columns the answer."""
    accuracy: Proportion | None
    balanced_accuracy: float | None
    """Mean sensitivity of the classes that occur."""
    auc: float | None
    """Mean of the classes that have cases on both sides."""
    loss: float | None
    """Mean log loss."""
    calibration: float | None
    """Expected calibration error of the most probable class's probability."""
    classes: tuple[PooledClass, ...]

    def row(self) -> dict[str, float | int]:
        """Give the numbers as columns of a table; those that are None are left out."""
        found: dict[str, float | int | None] = {
            "cases": self.cases,
            "accuracy": None if self.accuracy is None else self.accuracy.value,
            "balanced_accuracy": self.balanced_accuracy,
            "auc": self.auc,
            "log_loss": self.loss,
            "calibration_error": self.calibration,
        }
        for one in self.classes:
            found[f"sensitivity {one.name}"] = None if one.sensitivity is None else one.sensitivity.value
            found[f"specificity {one.name}"] = None if one.specificity is None else one.specificity.value
            found[f"auc {one.name}"] = None if one.auc is None else one.auc.value
        return {name: round(value, 6) for name, value in found.items() if value is not None}


def pool(counts: Mapping[str, Whole], classes: Sequence[str], bins: int) -> Pooled:
    """Compute sensitivities, specificities, ROC curves and calibration from sums of `count_answers`.

    Parameters
    ----------
    counts : its segments, added up over the hospitals
    classes : names, in order
    bins : of its histograms

    References
    ----------
    Expected calibration error: Guo, Pleiss, Sun, Weinberger (2017), On calibration of modern neural networks, ICML,
    arXiv:1706.04599; here with the middle of a bin for its mean, which the counts do not tell.
    """
    width = len(classes)
    confusion = np.asarray(counts["confusion"], dtype=np.int64).reshape(width, width)
    scores = np.asarray(counts["scores"], dtype=np.int64).reshape(width, 2, bins)
    confidence = np.asarray(counts["confidence"], dtype=np.int64).reshape(2, bins)
    cases = int(confusion.sum())
    found = tuple(_class(name, k, confusion, scores[k]) for k, name in enumerate(classes))
    recalls = [one.sensitivity.value for one in found if one.sensitivity is not None]
    areas = [one.auc.value for one in found if one.auc is not None]
    return Pooled(
        cases=cases,
        confusion=confusion,
        accuracy=wilson(int(confusion.trace()), cases) if cases else None,
        balanced_accuracy=sum(recalls) / len(recalls) if recalls else None,
        auc=sum(areas) / len(areas) if areas else None,
        loss=int(counts["loss"][0]) / LOSS_UNIT / cases if cases else None,
        calibration=_calibration(confidence),
        classes=found,
    )


def _class(name: str, k: int, confusion: Whole, histogram: Whole) -> PooledClass:
    positives = int(confusion[k].sum())
    negatives = int(confusion.sum()) - positives
    hits, false = int(confusion[k, k]), int(confusion[:, k].sum() - confusion[k, k])
    area, curve = None, None
    if positives and negatives:
        truth, bins = _cases(histogram)
        if min(positives, negatives) > 1:
            area = auc_interval(truth, bins)
        sensitivity, false_rate = weighted_roc(truth, bins, np.ones((1, len(bins))))
        curve = (sensitivity[0], false_rate[0])
        if area is None:
            value = float((np.diff(curve[1]) * (curve[0][1:] + curve[0][:-1]) / 2).sum())
            area = Estimate(value, None, None, "none")
    return PooledClass(
        name=name,
        positives=positives,
        negatives=negatives,
        sensitivity=wilson(hits, positives) if positives else None,
        specificity=wilson(negatives - false, negatives) if negatives else None,
        auc=area,
        roc=curve,
        calibration=_calibration(histogram),
    )


def _cases(histogram: Whole) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Give a case for each count: whether it is of the class, and its bin."""
    bins = np.arange(histogram.shape[1], dtype=np.float64)
    scores = np.concatenate([np.repeat(bins, histogram[0]), np.repeat(bins, histogram[1])])
    return np.arange(len(scores)) >= histogram[0].sum(), scores


def _calibration(histogram: Whole) -> float | None:
    """Give the expected calibration error of (2, bins) counts without and with the event."""
    total = histogram.sum(axis=0)
    if not total.any():
        return None
    middle = (np.arange(histogram.shape[1]) + 0.5) / histogram.shape[1]
    groups = np.array_split(histogram[1] - total * middle, min(GROUPS, histogram.shape[1]))
    return float(sum(abs(group.sum()) for group in groups) / total.sum())
