"""A new hospital's labelled cases in; everything that its go-live page says out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pleura.errors import CohortError
from pleura.evaluation.calibration.assess import CalibrationReport, assess_calibration
from pleura.evaluation.classification import ClassResult, evaluate_answers
from pleura.evaluation.intervals.bootstrap import repeats
from pleura.evaluation.intervals.proportions import Proportion, wilson
from pleura.evaluation.planning.sample_size import cases_for_proportion, cases_in_all
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.rows import yes_or_no
from pleura.evaluation.site.adaptation import Recalibrated, Retuned, recalibrate, retune
from pleura.evaluation.site.cases import SiteCases, site_cases
from pleura.evaluation.site.settings import SiteSettings
from pleura.evaluation.site.subgroups import Subgroups, compare_subgroups

__all__ = ["Goal", "SiteReport", "assess_site"]


@dataclass(frozen=True)
class Goal:
    """What is to be reached, what was found, and how many more cases would say more."""

    measure: str
    """ "sensitivity" or "specificity"."""
    goal: float
    found: Proportion
    verdict: str
    """ "reached": the whole interval is at or above the goal; "missed": all of it below; "open": neither."""
    more_as_found: int
    """Further cases of the kind for an interval as narrow as is aimed at, if the value stays."""
    more_at_worst: int
    """The same if the value is the one in the interval that is nearest to a half."""
    more_in_all: int
    """Consecutive patients who hold `more_at_worst` of the kind with a probability of 0.9, at the local prevalence."""

    @property
    def shown(self) -> str:
        """What was found, to three digits, so that an end just short of the goal is seen to be so."""
        found = self.found
        return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f}; {found.hits:.0f}/{found.total})"


@dataclass(frozen=True)
class SiteReport:
    """A model at a hospital."""

    condition: str
    call: str
    cases: int
    patients: int
    now: ClassResult
    """As the model is called now."""
    goals: tuple[Goal, Goal]
    calibration: CalibrationReport
    """Of the model's own probabilities."""
    recalibrated: Recalibrated | None
    calibration_after: CalibrationReport | None
    """Of the recalibrated ones, each by a fit on other patients."""
    no_recalibration: str | None
    """Why there is none."""
    retuned: Retuned | None
    no_cut_off: str | None
    tuned_verdicts: tuple[str, str] | None
    """Of sensitivity and specificity held out with the hospital's cut-off, against the same goals."""
    subgroups: Subgroups | None
    outside: Proportion | None
    """Share of cases that the model was said not to be made for."""
    settings: SiteSettings
    notes: tuple[str, ...]


def assess_site(
    predictions: Predictions,
    *,
    condition: str | None = None,
    threshold: float | None = None,
    subgroups: Sequence[str] = (),
    outside: str | None = None,
    settings: SiteSettings | None = None,
) -> SiteReport:
    """Judge a model on a hospital's own labelled cases, which it has not been trained on.

    Parameters
    ----------
    predictions : probabilities, with the columns that are named below
    condition, threshold : as in `site_cases`
    subgroups : columns to look at one by one
    outside : column that says of each case whether it is out of distribution: 1, true, yes, or 0, false, no
    settings : goals, rule, recalibration, intervals

    Raises
    ------
    CohortError
        As `site_cases`; or if a column is not there or says something else.
    """
    settings = settings or SiteSettings()
    missing = [name for name in (*subgroups, *([outside] if outside else [])) if name not in predictions.columns]
    if missing:
        raise CohortError(f"no column {missing[0]} was read; columns are {', '.join(predictions.columns) or 'none'}")
    cases = site_cases(predictions, condition=condition, threshold=threshold)
    recalibrated, no_recalibration, retuned, no_cut_off = None, None, None, None
    try:
        recalibrated = recalibrate(cases, settings)
    except ValueError as error:
        no_recalibration = str(error)
    try:
        retuned = retune(cases, settings)
    except ValueError as error:
        no_cut_off = str(error)
    now = _now(cases, settings)
    assert now.sensitivity is not None
    assert now.specificity is not None
    prevalence = float(cases.positive.mean())
    goals = (
        _goal("sensitivity", settings.sensitivity, now.sensitivity, prevalence, settings),
        _goal("specificity", settings.specificity, now.specificity, 1 - prevalence, settings),
    )
    return SiteReport(
        condition=cases.condition,
        call=cases.call,
        cases=len(predictions.cases),
        patients=len(set(predictions.patients or predictions.cases)),
        now=now,
        goals=goals,
        calibration=_calibration(cases, cases.probability, settings),
        recalibrated=recalibrated,
        calibration_after=None if recalibrated is None else _calibration(cases, recalibrated.probability, settings),
        no_recalibration=no_recalibration,
        retuned=retuned,
        no_cut_off=no_cut_off,
        tuned_verdicts=None if retuned is None else _verdicts(retuned.held_out, settings),
        subgroups=compare_subgroups(cases, subgroups, settings) if subgroups else None,
        outside=None if outside is None else _outside(predictions.columns[outside], outside, settings),
        settings=settings,
        notes=tuple(_notes(predictions, cases, settings)),
    )


def _now(cases: SiteCases, settings: SiteSettings) -> ClassResult:
    found = evaluate_answers(
        cases.positive.astype(np.int64),
        cases.called.astype(np.int64),
        ("other", cases.condition),
        scores=np.stack([-cases.probability, cases.probability], axis=1),
        patients=cases.patients,
        settings=settings.intervals,
    )
    return found.classes[1]


def _goal(measure: str, goal: float, found: Proportion, share: float, settings: SiteSettings) -> Goal:
    worst = min(max(0.5, found.low), found.high)
    confidence = settings.intervals.confidence
    needed = [cases_for_proportion(value, settings.width, confidence=confidence) for value in (found.value, worst)]
    more = [max(0, one - found.total) for one in needed]
    return Goal(
        measure=measure,
        goal=goal,
        found=found,
        verdict=_verdict(found, goal),
        more_as_found=more[0],
        more_at_worst=more[1],
        more_in_all=cases_in_all(more[1], share) if more[1] else 0,
    )


def _verdict(found: Proportion, goal: float) -> str:
    return "reached" if found.low >= goal else "missed" if found.high < goal else "open"


def _verdicts(result: ClassResult, settings: SiteSettings) -> tuple[str, str]:
    assert result.sensitivity is not None
    assert result.specificity is not None
    return _verdict(result.sensitivity, settings.sensitivity), _verdict(result.specificity, settings.specificity)


def _calibration(cases: SiteCases, probability: np.ndarray, settings: SiteSettings) -> CalibrationReport:
    bins = max(2, min(10, len(probability) // 10))  # ten cases or more in each
    return assess_calibration(
        Predictions(
            classes=("other", cases.condition),
            cases=tuple(str(index) for index in range(len(probability))),
            truth=cases.positive.astype(np.int64),
            scores=np.stack([-probability, probability], axis=1),
            binary=True,
            patients=cases.patients,
        ),
        bins=bins,
        settings=settings.intervals,
    )


def _outside(values: Sequence[str], column: str, settings: SiteSettings) -> Proportion:
    said = yes_or_no(values, column)
    return wilson(sum(said), len(said), confidence=settings.intervals.confidence)


def _notes(predictions: Predictions, cases: SiteCases, settings: SiteSettings) -> list[str]:
    share = f"{settings.intervals.confidence:.0%}"
    notes = []
    if predictions.patients is None:
        notes.append("There is no column patient: every case is taken for a patient of its own.")
    if repeats(cases.patients):
        notes.append(
            f"Patients have several cases: {share} intervals come from resampling patients, and numbers of further "
            "cases are of further patients with one case each."
        )
    notes.append(
        f"Recalibration and cut-off are judged on patients that they were not fitted on ({settings.folds} folds); what "
        "is handed over for use is fitted on all. Intervals hold the folds as they fell."
    )
    if len(predictions.classes) > 2:
        notes.append(f"Only {cases.condition} against all else is judged here; the other classes share what it leaves.")
    if len(predictions.hospitals or ()) and len(set(predictions.hospitals or ())) > 1:
        names = ", ".join(sorted(set(predictions.hospitals or ())))
        notes.append(f"Cases are of several hospitals ({names}): this page is for one.")
    return notes
