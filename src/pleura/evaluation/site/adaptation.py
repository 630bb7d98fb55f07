"""A hospital's cases in; its own recalibration and cut-off, and what they are worth on other patients, out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.calibration.adapt import log_loss_gain
from pleura.evaluation.calibration.recalibration import Recalibration, cross_fitted, fit_recalibration
from pleura.evaluation.classification import ClassResult, evaluate_answers
from pleura.evaluation.cutoffs.choose import CutOff, choose_cut_off
from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.repeated.held_out import patient_folds
from pleura.evaluation.site.cases import SiteCases
from pleura.evaluation.site.settings import SiteSettings

__all__ = ["Recalibrated", "Retuned", "recalibrate", "retune"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recalibrated:
    """A recalibration for the hospital."""

    recalibration: Recalibration
    """Fitted on all cases: for use."""
    probability: Floats
    """(cases,), each mapped by a fit on other patients: for judging."""
    gain: Estimate
    """Log loss before less log loss after, on cases not fitted on: above 0 it is better after."""

    @property
    def worth_it(self) -> bool:
        """Whether the interval of the gain lies above 0."""
        return self.gain.low is not None and self.gain.low > 0


@dataclass(frozen=True)
class Retuned:
    """A cut-off for the hospital."""

    cut_off: CutOff
    """Chosen on all cases: for use. Its own sensitivity and specificity look better than they are."""
    held_out: ClassResult
    """Each case called by a cut-off that was chosen on other patients: for judging."""
    thresholds: tuple[float, ...]
    """Of the folds: how much it moves with who chooses it."""


def recalibrate(cases: SiteCases, settings: SiteSettings) -> Recalibrated:
    """Fit a recalibration of the condition's probability, and judge it by cross-fitting.

    Parameters
    ----------
    cases : the hospital's
    settings : kind, folds and intervals are used

    Raises
    ------
    ValueError
        If the fit has no end, or a side has fewer patients than there are folds.
    """
    both = np.stack([1 - cases.probability, cases.probability], axis=1)
    truth = cases.positive.astype(np.int64)
    intervals = settings.intervals
    mapped = cross_fitted(
        truth, both, settings.recalibration, patients=cases.patients, folds=settings.folds, seed=intervals.seed
    )[:, 1]
    gain = log_loss_gain(
        truth, both, np.stack([1 - mapped, mapped], axis=1), patients=cases.patients, settings=intervals
    )
    return Recalibrated(fit_recalibration(truth, both, settings.recalibration), mapped, gain)


def retune(cases: SiteCases, settings: SiteSettings) -> Retuned:
    """Choose a cut-off by the settings' rule, and judge the way of choosing by cross-fitting.

    Parameters
    ----------
    cases : the hospital's
    settings : rule, folds and intervals are used

    Raises
    ------
    ValueError
        If all probabilities are equal, or a side has fewer patients than there are folds.
    """
    truth = cases.positive.astype(np.int64)
    fold = patient_folds(truth, cases.patients, folds=settings.folds, seed=settings.intervals.seed)
    called = np.zeros(len(truth), dtype=bool)
    thresholds = []
    for one in range(settings.folds):
        out = fold == one
        found = choose_cut_off(cases.positive[~out], cases.probability[~out], settings.rule)
        called[out] = cases.probability[out] >= found.threshold
        thresholds.append(found.threshold)
    held_out = evaluate_answers(
        truth,
        called.astype(np.int64),
        ("other", cases.condition),
        patients=cases.patients,
        settings=settings.intervals,
    )
    return Retuned(
        choose_cut_off(cases.positive, cases.probability, settings.rule), held_out.classes[1], tuple(thresholds)
    )
