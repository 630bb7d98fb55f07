"""Predictions and what is asked for beyond the usual in; calibration, decision curves, cut-offs and the rest out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pleura.errors import CohortError
from pleura.evaluation.calibration.assess import CalibrationReport, assess_calibration
from pleura.evaluation.classification import IntervalSettings, Result
from pleura.evaluation.cutoffs.apply import AppliedCutOff
from pleura.evaluation.cutoffs.choose import Rule
from pleura.evaluation.cutoffs.transfer import transfer_cut_offs
from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.intervals.ratios import npv_at, ppv_at
from pleura.evaluation.partial_area import PartialArea, partial_area
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.utility.decision_curve import DecisionCurve, decision_curve

__all__ = ["PredictiveValues", "Supplement", "Wishes", "supplement"]


@dataclass(frozen=True)
class PredictiveValues:
    """Predictive values at a prevalence that is taken as known."""

    prevalence: float
    ppv: Estimate | None
    npv: Estimate | None


@dataclass(frozen=True)
class Wishes:
    """What is asked for."""

    calibration: bool = False
    bins: int = 10
    """Of the reliability curve."""
    decision_curve: bool = False
    partial: tuple[str, float, float] | None = None
    """Axis and range of a partial AUC."""
    prevalences: Mapping[str, float] = field(default_factory=dict)
    """Class -> prevalence, for predictive values and decision curves; "1" for a single score."""
    rules: Sequence[Rule] = ()
    """Of cut-offs."""


@dataclass(frozen=True)
class Supplement:
    """What was found; None or empty where it was not asked for. Classes without cases on both sides are left out."""

    calibration: CalibrationReport | None
    decisions: dict[str, DecisionCurve]
    partial: dict[str, PartialArea]
    cut_offs: dict[str, tuple[AppliedCutOff, ...]]
    predictive: dict[str, PredictiveValues]


def supplement(
    predictions: Predictions,
    result: Result,
    wishes: Wishes,
    *,
    chosen_on: Predictions | None = None,
    settings: IntervalSettings | None = None,
) -> Supplement:
    """Work out what is asked for.

    Parameters
    ----------
    predictions, result : the result is of these predictions
    wishes : what is asked for
    chosen_on : cases that cut-offs are chosen on; these very cases by default, which the results then say
    settings : of the intervals

    Raises
    ------
    CohortError
        If the scores are no probabilities where these are needed, or a prevalence is of no class.
    """
    settings = settings or IntervalSettings()
    two_sided = {
        name: k
        for k, name in enumerate(predictions.classes)
        if not (predictions.binary and k == 0) and 0 < int((predictions.truth == k).sum()) < len(predictions.cases)
    }
    unknown = sorted(set(wishes.prevalences) - set(predictions.classes))
    if unknown:
        raise CohortError(f"a prevalence is given for {unknown[0]}; classes are {', '.join(predictions.classes)}")
    decisions, partial, predictive = {}, {}, {}
    probabilities = predictions.probabilities if wishes.decision_curve else predictions.scores
    by_name = {one.name: one for one in result.classes}
    for name, k in two_sided.items():
        positive = predictions.truth == k
        if wishes.decision_curve:
            decisions[name] = decision_curve(
                positive,
                probabilities[:, k],
                prevalence=wishes.prevalences.get(name),
                patients=predictions.patients,
                confidence=settings.confidence,
                resamples=min(settings.resamples, 1000),
                seed=settings.seed,
            )
        if wishes.partial is not None:
            axis, low, high = wishes.partial
            partial[name] = partial_area(
                positive,
                predictions.scores[:, k],
                low=low,
                high=high,
                axis=axis,
                patients=predictions.patients,
                confidence=settings.confidence,
                resamples=settings.resamples,
                seed=settings.seed,
            )
        if name in wishes.prevalences and name in by_name:
            share, one = wishes.prevalences[name], by_name[name]
            predictive[name] = PredictiveValues(share, ppv_at(share, one.lr_positive), npv_at(share, one.lr_negative))
    return Supplement(
        calibration=assess_calibration(predictions, bins=wishes.bins, settings=settings)
        if wishes.calibration
        else None,
        decisions=decisions,
        partial=partial,
        cut_offs=transfer_cut_offs(chosen_on or predictions, predictions, wishes.rules, settings=settings)
        if wishes.rules
        else {},
        predictive=predictive,
    )
