"""Logits of validation cases and their truths in; the temperature, and how well probabilities then hold, out.

One number divides all logits: the model becomes less sure, or surer, and the order of the classes in a slice subset
stays as it was. The number is the one under which the truths of the validation cases are the most likely. Whether it is
used at all is settled by cases that did not choose it: in each of five folds of patients the temperature comes from the
other four. It stays at 1 where that does not lower the log loss, or there are too few cases to tell.

References
----------
C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, On calibration of modern neural networks, ICML 2017.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize_scalar
from scipy.special import log_softmax, logsumexp

from pleura.evaluation.calibration.reliability import calibration_error, reliability_bins
from pleura.evaluation.multiclass import log_loss
from pleura.evaluation.repeated.held_out import patient_folds

__all__ = ["FEWEST", "FEWEST_EACH", "Temperature", "calibrate", "fit_temperature", "probabilities_at"]

Floats = npt.NDArray[np.float64]

FEWEST, FEWEST_EACH = 50, 10
"""Validation cases in all, and of each class, below which the temperature stays at 1."""
BINS = 10
_LOWEST, _HIGHEST = 0.05, 20.0
_FOLDS = 5
_HALF_CHI_SQUARE = 3.841458820694124 / 2
"""By how much the log likelihood may fall within a 95 % interval of one number."""


@dataclass(frozen=True)
class Temperature:
    """A temperature with its 95 % interval, by the profile of the likelihood."""

    value: float
    low: float
    high: float


def probabilities_at(logits: npt.ArrayLike, temperature: float) -> Floats:
    """Give the mean over the subsets, (cases, classes), for logits (cases, subsets, classes)."""
    return np.asarray(np.exp(_logs_at(np.asarray(logits, dtype=np.float64), temperature)))


def fit_temperature(logits: npt.ArrayLike, truth: npt.ArrayLike) -> Temperature:
    """Find the temperature under which the truths are the most likely.

    Parameters
    ----------
    logits : (cases, subsets, classes); a case's probabilities are the mean over its subsets
    truth : (cases,), index of the class

    Raises
    ------
    ValueError
        If shapes do not fit, or no temperature between 0.05 and 20 is better than those beyond: the logits separate
        the classes without an error, or say nothing of them.
    """
    z, y = np.asarray(logits, dtype=np.float64), np.asarray(truth, dtype=np.int64)
    if z.ndim != 3 or y.shape != z.shape[:1] or len(y) == 0:
        raise ValueError(f"need logits (cases, subsets, classes) and a truth each, got {z.shape} and {y.shape}")

    def loss(at: float) -> float:
        return -float(_logs_at(z, exp(at))[np.arange(len(y)), y].sum())

    ends = (log(_LOWEST), log(_HIGHEST))
    grid = np.linspace(*ends, num=25).tolist()
    best = int(np.argmin([loss(at) for at in grid]))
    if best in (0, len(grid) - 1):
        raise ValueError(
            f"the likelihood still rises at a temperature of {exp(grid[best]):.4g}: there is nothing to learn from"
        )
    found = minimize_scalar(loss, bounds=(grid[best - 1], grid[best + 1]), method="bounded", options={"xatol": 1e-9})
    top, least = float(found.x), float(found.fun) + _HALF_CHI_SQUARE
    low, high = (
        end if loss(end) < least else float(brentq(lambda at: loss(at) - least, min(end, top), max(end, top)))
        for end in ends
    )
    return Temperature(exp(top), exp(low), exp(high))


def calibrate(
    logits: npt.ArrayLike, truth: npt.ArrayLike, patients: Sequence[str], *, what: str, seed: int = 0
) -> tuple[float, dict[str, Any]]:
    """Choose a temperature, and measure probabilities with and without it.

    Parameters
    ----------
    logits, truth : as in `fit_temperature`, of validation cases
    patients : (cases,); one patient's cases stay in one fold
    what : the cases in words, such as "256 synthetic validation cases of the cohort V"
    seed : deals the patients to the folds

    Returns
    -------
    temperature : 1 where none is chosen
    metrics : the card's tables `calibration` (with a sentence, log loss and expected calibration error of the most
        probable class before and after) and `reliability` (by bins of about equally many cases: their mean probability
        of the most probable class, the share of them where it is right with a 95 % interval, and how many they are).
        "After" is with each case at the temperature of the folds it is not in.
    """
    z, y = np.asarray(logits, dtype=np.float64), np.asarray(truth, dtype=np.int64)
    before = probabilities_at(z, 1.0)
    after, found, why = before, None, ""
    counts = np.bincount(y, minlength=z.shape[2])
    if len(y) < FEWEST or counts.min() < FEWEST_EACH:
        why = f"{len(y)} cases, {counts.min()} of the rarest class, are too few: it takes {FEWEST} and {FEWEST_EACH}"
    else:
        try:
            found = fit_temperature(z, y)
            after = _cross_fitted(z, y, patients, seed)
        except ValueError as error:
            why = str(error)
        if found is not None and log_loss(after, y) >= log_loss(before, y):
            why = f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f}) does not lower the log loss of other cases"
    if why:
        after = before
    value = 1.0 if why or found is None else round(found.value, 4)
    interval = "" if found is None else f" (95 % interval {found.low:.2f} to {found.high:.2f})"
    said = f"stays at 1: {why}" if why else f"{value:.2f}{interval}; after: by the temperature of other patients' folds"
    return value, {
        "calibration": {
            "summary": f"Temperature {said}; {what}",
            "cases": len(y),
            **({} if found is None else {"low": round(found.low, 4), "high": round(found.high, 4)}),
            **_measures(before, y, "before"),
            **_measures(after, y, "after"),
        },
        "reliability": _reliability(after, y),
    }


def _logs_at(z: Floats, temperature: float) -> Floats:
    """Log of the mean probability over the subsets, (cases, classes)."""
    logs = log_softmax(z / temperature, axis=2)  # (cases, subsets, classes)
    return np.asarray(logsumexp(logs, axis=1) - np.log(z.shape[1]))


def _cross_fitted(z: Floats, y: npt.NDArray[np.int64], patients: Sequence[str], seed: int) -> Floats:
    fold = patient_folds(y, patients, folds=_FOLDS, seed=seed)
    mapped = np.empty((len(y), z.shape[2]))
    for one in range(_FOLDS):
        out = fold == one
        mapped[out] = probabilities_at(z[out], fit_temperature(z[~out], y[~out]).value)
    return mapped


def _measures(p: Floats, y: npt.NDArray[np.int64], when: str) -> dict[str, float]:
    error = calibration_error(p.argmax(axis=1) == y, p.max(axis=1).clip(0, 1), bins=BINS)
    return {
        f"log_loss_{when}": round(log_loss(p, y), 4),
        f"ece_{when}": round(error.expected, 4),
        f"ece_by_chance_{when}": round(error.by_chance, 4),
    }


def _reliability(p: Floats, y: npt.NDArray[np.int64]) -> dict[str, list[float] | list[int]]:
    bins = reliability_bins(p.argmax(axis=1) == y, p.max(axis=1).clip(0, 1), bins=BINS)
    return {
        "probability": [round(one.mean, 4) for one in bins],
        "right": [round(one.observed.value, 4) for one in bins],
        "right_low": [round(one.observed.low, 4) for one in bins],
        "right_high": [round(one.observed.high, 4) for one in bins],
        "cases": [one.observed.total for one in bins],
    }
