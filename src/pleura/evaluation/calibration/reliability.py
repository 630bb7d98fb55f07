"""Truth and probabilities in; the reliability curve, and calibration errors with the bias they have, out."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from pleura.evaluation.intervals.proportions import Proportion, wilson

__all__ = ["CalibrationError", "ReliabilityBin", "calibration_error", "checked", "reliability_bins"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ReliabilityBin:
    """Cases of neighbouring probabilities."""

    lowest: float
    """Of their probabilities."""
    highest: float
    mean: float
    """Of their probabilities."""
    observed: Proportion
    """Share of them with the condition; the interval takes each case for a patient of its own."""


@dataclass(frozen=True)
class CalibrationError:
    """How far probabilities are from frequencies; each of these depends on the bins, so they are given with them."""

    expected: float
    """ECE: mean over cases of |share with the condition - mean probability| of their bin. Never 0 by chance alone."""
    by_chance: float
    """Mean ECE that the same probabilities would give on as many cases if they were right: the bias of the ECE."""
    p: float
    """How often right probabilities would give an ECE at least as large: small means that they are wrong."""
    debiased: float
    """Root of the mean squared error, with the chance in it taken off; 0 where chance explains it all."""
    bins: int


def reliability_bins(
    positive: npt.ArrayLike, probabilities: npt.ArrayLike, *, bins: int = 10, confidence: float = 0.95
) -> tuple[ReliabilityBin, ...]:
    """Sort cases by probability into bins of about equally many; equal probabilities stay together.

    Parameters
    ----------
    positive : (cases,), true for the condition
    probabilities : (cases,), 0 to 1
    bins : 1 or more; fewer come back where cases are fewer, or many probabilities are equal
    confidence : of the intervals of the shares

    Raises
    ------
    ValueError
        If there is no case, shapes differ, or a number is none of these.

    Examples
    --------
    >>> [str(one.observed) for one in reliability_bins([0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9], bins=2)]
    ['0.00 (0.00 to 0.66; 0/2)', '1.00 (0.34 to 1.00; 2/2)']
    """
    truth, p = checked(positive, probabilities)
    found = []
    for members in _members(p, bins):
        inside = p[members]
        share = wilson(int(truth[members].sum()), len(members), confidence=confidence)
        found.append(ReliabilityBin(float(inside.min()), float(inside.max()), float(inside.mean()), share))
    return tuple(found)


def calibration_error(
    positive: npt.ArrayLike, probabilities: npt.ArrayLike, *, bins: int = 10, draws: int = 1000, seed: int = 0
) -> CalibrationError:
    """Calibration error over bins, beside what chance alone gives.

    For the bias, truths are drawn from the probabilities themselves, as often as `draws` says.

    Parameters
    ----------
    positive, probabilities, bins : as in `reliability_bins`
    draws : 100 or more
    seed : of the draws

    Raises
    ------
    ValueError
        As `reliability_bins`; or for fewer than 100 draws.

    References
    ----------
    Draws from the forecast: J. Bröcker, L. A. Smith, Increasing the reliability of reliability diagrams, Weather and
    Forecasting 22 (2007) 651-661. Debiased squared error: C. A. T. Ferro, T. E. Fricker, A bias-corrected decomposition
    of the Brier score, Quarterly Journal of the Royal Meteorological Society 138 (2012) 1954-1960; A. Kumar, P. Liang,
    T. Ma, Verified uncertainty calibration, NeurIPS 2019.
    """
    truth, p = checked(positive, probabilities)
    if draws < 100:
        raise ValueError(f"need 100 draws or more, got {draws}")
    groups = _members(p, bins)
    drawn = np.random.default_rng(seed).random((draws, len(p))) < p
    found = float(_ece(truth[None], p, groups)[0])
    by_chance = _ece(drawn, p, groups)
    squared = 0.0
    for members in groups:
        share, count = float(truth[members].mean()), len(members)
        gap = (share - float(p[members].mean())) ** 2
        # Within the bin a share varies by p (1 - p) / n; of a single case nothing is known of that.
        squared += count / len(p) * (gap - (share * (1 - share) / (count - 1) if count > 1 else gap))
    return CalibrationError(
        expected=found,
        by_chance=float(by_chance.mean()),
        p=float((1 + (by_chance >= found - 1e-12).sum()) / (1 + draws)),
        debiased=sqrt(max(0.0, squared)),
        bins=len(groups),
    )


def checked(positive: npt.ArrayLike, probabilities: npt.ArrayLike) -> tuple[Bools, Floats]:
    """Give truths and probabilities as arrays of one shape.

    Raises
    ------
    ValueError
        If there is no case, shapes differ, or a probability is none.
    """
    truth, p = np.asarray(positive, dtype=bool), np.asarray(probabilities, dtype=np.float64)
    if truth.ndim != 1 or truth.shape != p.shape or len(truth) == 0:
        raise ValueError(f"need a probability a case, got shapes {truth.shape} and {p.shape}")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"need probabilities from 0 to 1, got {np.min(p):g} to {np.max(p):g}")
    return truth, p


def _members(p: Floats, bins: int) -> list[npt.NDArray[np.int64]]:
    """Divide cases, in the order of their probabilities, at equal counts, but never between equal probabilities."""
    if bins < 1:
        raise ValueError(f"need 1 bin or more, got {bins}")
    order = np.argsort(p, kind="stable")
    wanted = np.round(np.linspace(0, len(p), min(bins, len(p)) + 1)[1:-1]).astype(np.int64)
    cuts = np.unique(np.searchsorted(p[order], p[order][wanted], side="left"))
    return [part for part in np.split(order, cuts[cuts > 0]) if len(part)]


def _ece(truths: Bools, p: Floats, groups: Sequence[npt.NDArray[np.int64]]) -> Floats:
    """ECE of each row of truths, (draws, cases) -> (draws,)."""
    gaps = [np.abs(truths[:, members].sum(axis=1) - p[members].sum()) for members in groups]
    return np.asarray(np.sum(gaps, axis=0) / len(p))
