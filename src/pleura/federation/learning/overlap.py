"""A hospital's pixels found and missed in; counts that may be added up over hospitals, and the Dice of their sums, out.

Every count is of the slices that a segmenter is judged on, as small as it sees them. Two kinds of Dice follow from the
sums: that of all pixels of all cases together, in which a case counts by the size of its lesions, and the mean of the
cases' own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.federation.secure_sum.layout import Counts
from pleura.training.segmentation.judge import Counts as Pixels

__all__ = ["UNIT", "PooledOverlap", "count_overlap", "overlap_segments", "pool_overlap"]

UNIT = 1000
"""Counts of the segments "dice" and "loss" to one case's Dice, or mean cross-entropy, of 1."""
_WORST = 100
"""No case's mean cross-entropy counts for more."""

Whole = npt.NDArray[np.int64]


def overlap_segments(classes: int, *, pixels: int, most_cases: int) -> tuple[Counts, ...]:
    """Name the counts, their number, and what one hospital's may be at the most.

    Parameters
    ----------
    classes : of the network's outputs; the first means that nothing is there, and is not counted
    pixels : of a case that are judged, at the most
    most_cases : validation cases of a hospital, at the most
    """
    told = classes - 1
    return (
        Counts(name="true_positives", size=told, most=most_cases * pixels),
        Counts(name="false_positives", size=told, most=most_cases * pixels),
        Counts(name="false_negatives", size=told, most=most_cases * pixels),
        Counts(name="cases", size=1, most=most_cases),
        Counts(name="having", size=told, most=most_cases),
        Counts(name="dice", size=told, most=most_cases * UNIT),
        Counts(name="loss", size=1, most=most_cases * _WORST * UNIT),
    )


def count_overlap(cases: Sequence[Pixels], classes: int) -> dict[str, Whole]:
    """Count one hospital's cases; there may be none.

    Parameters
    ----------
    cases : pixels of each
    classes : as for `overlap_segments`

    Returns
    -------
    true_positives, false_positives, false_negatives : (classes - 1,), pixels summed over the cases
    cases : (1,)
    having : (classes - 1,), cases that have the class
    dice : (classes - 1,), sum of these cases' Dice in thousandths
    loss : (1,), sum of the cases' mean cross-entropies in thousandths

    Examples
    --------
    >>> case = Pixels(shared=np.array([3]), found=np.array([4]), there=np.array([5]), lungs=20, entropy=0.25)
    >>> {name: count.tolist() for name, count in count_overlap([case], 2).items() if name != "cases"}
    {'true_positives': [3], 'false_positives': [1], 'false_negatives': [2], 'having': [1], 'dice': [667], 'loss': [250]}
    """
    nothing = np.zeros((0, classes - 1), dtype=np.int64)
    shared, found, there = (
        np.stack([getattr(one, name) for one in cases]) if cases else nothing for name in ("shared", "found", "there")
    )  # (cases, classes - 1)
    dice = np.array([np.nan_to_num(one.dice) for one in cases]) if cases else nothing.astype(np.float64)
    loss = sum(min(one.entropy, _WORST) for one in cases)
    return {
        "true_positives": shared.sum(axis=0),
        "false_positives": (found - shared).sum(axis=0),
        "false_negatives": (there - shared).sum(axis=0),
        "cases": np.array([len(cases)], dtype=np.int64),
        "having": (there > 0).sum(axis=0).astype(np.int64),
        "dice": np.rint(dice.sum(axis=0) * UNIT).astype(np.int64),
        "loss": np.array([round(loss * UNIT)], dtype=np.int64),
    }


@dataclass(frozen=True)
class PooledOverlap:
    """How well a segmenter finds what is there, on all hospitals' validation cases; NaN where there is nothing."""

    classes: tuple[str, ...]
    """After the first."""
    cases: int
    having: tuple[int, ...]
    """Cases that have the class."""
    dice: tuple[float, ...]
    """2 TP / (2 TP + FP + FN) of all pixels together."""
    dice_per_case: tuple[float, ...]
    """Mean of the Dice of the cases that have the class."""
    sensitivity: tuple[float, ...]
    """Share of the class's pixels that were found."""
    precision: tuple[float, ...]
    """Share of the pixels found that are right."""
    loss: float
    """Mean cross-entropy of a pixel."""

    def row(self) -> dict[str, float | int]:
        """Give the numbers as columns of a table, means over the classes first; those that are NaN are left out."""
        found: dict[str, float | int] = {"cases": self.cases, "having": max(self.having)}
        for name in ("dice", "dice_per_case", "sensitivity", "precision"):
            values: tuple[float, ...] = getattr(self, name)
            found[name] = float(np.mean(values))
            if len(values) > 1:
                found |= {f"{name} {one}": value for one, value in zip(self.classes, values, strict=True)}
        found["cross_entropy"] = self.loss
        return {name: round(value, 6) for name, value in found.items() if not np.isnan(value)}


def pool_overlap(counts: Mapping[str, Whole], classes: Sequence[str]) -> PooledOverlap:
    """Compute Dice, sensitivity and precision from sums of `count_overlap`.

    Parameters
    ----------
    counts : its segments, added up over the hospitals
    classes : of the network's outputs, all of them
    """
    right, wrong, missed = (
        counts[name].astype(np.float64) for name in ("true_positives", "false_positives", "false_negatives")
    )
    having, cases = counts["having"], int(counts["cases"][0])
    return PooledOverlap(
        classes=tuple(classes[1:]),
        cases=cases,
        having=tuple(int(count) for count in having),
        dice=_shares(2 * right, 2 * right + wrong + missed),
        dice_per_case=_shares(counts["dice"] / UNIT, having),
        sensitivity=_shares(right, right + missed),
        precision=_shares(right, right + wrong),
        loss=float(counts["loss"][0]) / UNIT / cases if cases else float("nan"),
    )


def _shares(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64] | Whole) -> tuple[float, ...]:
    return tuple(float(a / b) if b else float("nan") for a, b in zip(part, whole, strict=True))
