"""Readings in; every reader's accuracies with intervals, and the majority vote of a group, out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.intervals.delong import auc_interval
from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.intervals.proportions import Proportion, wilson
from pleura.evaluation.readers.readings import Readings

__all__ = ["ReaderPoint", "VotePoint", "calls_of", "majority", "reader_points"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ReaderPoint:
    """One reader under one condition."""

    reader: str
    tier: str | None
    condition: str
    cases: int
    auc: Estimate | None
    """None where the reader has read cases of one kind only."""
    sensitivity: Proportion | None
    specificity: Proportion | None


@dataclass(frozen=True)
class VotePoint:
    """What most readers of a group called, case by case; a tie counts half for either."""

    group: str
    condition: str
    readers: int
    tied: int
    """Cases on which as many called positive as negative."""
    sensitivity: Proportion
    specificity: Proportion


def calls_of(readings: Readings, threshold: float | None) -> Floats | None:
    """Give calls, (conditions, readers, cases), NaN where not read: the readers' own, or scores cut at a threshold.

    None where the readings have none and no threshold is given.
    """
    if readings.calls is not None:
        return readings.calls
    if threshold is None:
        return None
    return np.where(readings.read, (readings.scores >= threshold).astype(np.float64), np.nan)


def reader_points(readings: Readings, calls: Floats | None, *, confidence: float = 0.95) -> list[ReaderPoint]:
    """Measure every reader under every condition; intervals are over cases: Wilson, and DeLong on the logit scale."""
    found = []
    for k, condition in enumerate(readings.conditions):
        for r, reader in enumerate(readings.readers):
            read = readings.read[k, r]
            if not read.any():
                continue
            positive, scores = readings.positive[read], readings.scores[k, r, read]
            area = auc_interval(positive, scores, confidence=confidence) if 0 < positive.sum() < len(positive) else None
            rates: tuple[Proportion | None, Proportion | None] = (None, None)
            if calls is not None:
                rates = _rates(calls[k, r, read], positive, confidence)
            tier = None if readings.tiers is None else readings.tiers[r]
            found.append(ReaderPoint(reader, tier, condition, int(read.sum()), area, *rates))
    return found


def majority(
    readings: Readings, calls: Floats, group: str, chosen: Sequence[int], *, confidence: float = 0.95
) -> list[VotePoint]:
    """Let some readers vote on each case that one of them has read, under each condition; see `vote.majority_vote`.

    Parameters
    ----------
    readings, calls : as in `reader_points`
    group : what they are called
    chosen : indices of readers
    """
    found = []
    for k, condition in enumerate(readings.conditions):
        cast = calls[k, list(chosen)]
        voted = ~np.isnan(cast).all(axis=0)
        readers = int((~np.isnan(cast)).any(axis=1).sum())
        if readers < 2:
            continue
        share = np.nanmean(cast[:, voted], axis=0)
        won = np.where(share == 0.5, 0.5, share > 0.5)
        sensitivity, specificity = _rates(won, readings.positive[voted], confidence)
        if sensitivity is not None and specificity is not None:
            tied = int((share == 0.5).sum())
            found.append(VotePoint(group, condition, readers, tied, sensitivity, specificity))
    return found


def _rates(
    called: Floats, positive: npt.NDArray[np.bool_], confidence: float
) -> tuple[Proportion | None, Proportion | None]:
    right, passed = called[positive], 1 - called[~positive]
    return (
        wilson(float(right.sum()), len(right), confidence=confidence) if len(right) else None,
        wilson(float(passed.sum()), len(passed), confidence=confidence) if len(passed) else None,
    )
