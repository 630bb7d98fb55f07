"""Truth and probabilities in; net benefit over thresholds, beside treating all and none, out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.intervals.bootstrap import count_patients, resample_weights
from pleura.evaluation.intervals.estimate import FEWEST

__all__ = ["DecisionCurve", "decision_curve", "net_benefit"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """Net benefit in true positives a case; all arrays are (thresholds,)."""

    thresholds: Floats
    """Probability of the condition from which on one would act: t / (1 - t) true positives lost weigh as much as one
    case treated for nothing."""
    model: Floats
    low: Floats
    """Lower end of the model's interval, point by point; NaN where no honest one can be given."""
    high: Floats
    treat_all: Floats
    prevalence: float
    """At which net benefit is reckoned."""

    @property
    def gain(self) -> Floats:
        """What the model has over the better of treating all and treating none."""
        return self.model - np.maximum(self.treat_all, 0)

    @property
    def useful(self) -> tuple[float, float] | None:
        """Longest range of thresholds over which the interval lies above treating all and treating none."""
        above = np.nan_to_num(self.low, nan=-np.inf) > np.maximum(self.treat_all, 0) + 1e-12
        edges = np.flatnonzero(np.diff(np.concatenate([[False], above, [False]]).astype(np.int8)))
        if len(edges) == 0:
            return None
        starts, ends = edges[::2], edges[1::2]  # of runs, the end being the first threshold after it
        longest = int((ends - starts).argmax())
        return float(self.thresholds[starts[longest]]), float(self.thresholds[ends[longest] - 1])


def net_benefit(positive: npt.ArrayLike, probabilities: npt.ArrayLike, thresholds: npt.ArrayLike) -> Floats:
    """Net benefit of treating the cases whose probability is at least a threshold, (thresholds,).

    True positives a case, less false positives a case weighted by t / (1 - t). Treating none has 0.

    Parameters
    ----------
    positive : (cases,), true for the condition
    probabilities : (cases,), 0 to 1
    thresholds : (thresholds,), between 0 and 1

    Raises
    ------
    ValueError
        If there is no case, shapes differ, or a number is none of these.

    References
    ----------
    A. J. Vickers, E. B. Elkin, Decision curve analysis: a novel method for evaluating prediction models, Medical
    Decision Making 26 (2006) 565-574.

    Examples
    --------
    >>> net_benefit([1, 1, 0, 0], [0.9, 0.3, 0.6, 0.1], [0.2, 0.5])
    array([0.4375, 0.    ])
    """
    truth, p, t = _checked(positive, probabilities, thresholds)
    share = float(truth.mean())
    found = _benefit(*_rates(truth, p, t, np.ones((1, len(truth)))), share, t)
    return np.asarray(found[0])


def decision_curve(
    positive: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    thresholds: npt.ArrayLike | None = None,
    prevalence: float | None = None,
    patients: Sequence[str] | None = None,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> DecisionCurve:
    """Net benefit over thresholds, with pointwise intervals from resamples of patients within truths.

    Parameters
    ----------
    positive, probabilities : as in `net_benefit`, with cases on both sides
    thresholds : (thresholds,), between 0 and 1; 0.01 to 0.99 by default
    prevalence : of the place where the model would be used, between 0 and 1; that of the cases by default, which is
        right only where the cases come as patients do
    patients : (cases,), or None where each case is a patient of its own
    confidence, resamples, seed : of the bootstrap

    Raises
    ------
    ValueError
        As `net_benefit`; or if one side is empty, or a setting is none.
    """
    grid = np.linspace(0.01, 0.99, 99) if thresholds is None else thresholds
    truth, p, t = _checked(positive, probabilities, grid)
    if truth.all() or not truth.any():
        raise ValueError(f"need cases with and without the condition, got {truth.sum()} and {(~truth).sum()}")
    share = float(truth.mean()) if prevalence is None else prevalence
    if not (0 < share < 1 and 0 < confidence < 1):
        raise ValueError(f"need a prevalence and a confidence between 0 and 1, got {share} and {confidence}")
    once = np.ones((1, len(truth)))
    model = _benefit(*_rates(truth, p, t, once), share, t)[0]
    treat_all = share - (1 - share) * t / (1 - t)
    low = high = np.full(len(t), np.nan)
    if min(count_patients(side, patients) for side in (truth, ~truth)) >= FEWEST:
        weights = resample_weights(truth, patients, resamples=resamples, seed=seed)
        values = _benefit(*_rates(truth, p, t, weights), share, t)
        low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
        still = np.ptp(values, axis=0) < 1e-12
        trivial = np.isclose(model, treat_all) | np.isclose(model, 0)  # treats all or none in every resample: exact
        low, high = (np.where(still & ~trivial, np.nan, one) for one in (low, high))
    return DecisionCurve(t, model, low, high, treat_all, share)


def _rates(truth: npt.NDArray[np.bool_], p: Floats, t: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Give sensitivity and false positive rate at each threshold under each weighting, (weightings, thresholds)."""
    called = (p[:, None] >= t).astype(np.float64)
    rates = []
    for side in (truth, ~truth):
        within = weights[:, side]
        rates.append(within @ called[side] / np.maximum(within.sum(axis=1, keepdims=True), 1e-300))
    return rates[0], rates[1]


def _benefit(sensitivity: Floats, false: Floats, share: float, t: Floats) -> Floats:
    return sensitivity * share - false * (1 - share) * t / (1 - t)


def _checked(
    positive: npt.ArrayLike, probabilities: npt.ArrayLike, thresholds: npt.ArrayLike
) -> tuple[npt.NDArray[np.bool_], Floats, Floats]:
    truth, p = np.asarray(positive, dtype=bool), np.asarray(probabilities, dtype=np.float64)
    t = np.asarray(thresholds, dtype=np.float64)
    if truth.ndim != 1 or truth.shape != p.shape or len(truth) == 0 or t.ndim != 1:
        raise ValueError(f"need a probability a case, got {truth.shape}, {p.shape}; thresholds {t.shape}")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("need probabilities from 0 to 1; scores of another kind have no net benefit")
    if not ((t > 0) & (t < 1)).all():
        raise ValueError("need thresholds between 0 and 1")
    return truth, p, t
