"""Predictions in; the results over all cases, by hospital and by group, with what a reader must know, out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pleura.errors import CohortError
from pleura.evaluation.agreement.grades import GradeResult, evaluate_grades
from pleura.evaluation.classification import IntervalSettings, Result, evaluate_answers, evaluate_classes
from pleura.evaluation.intervals.bootstrap import repeats
from pleura.evaluation.predictions import Predictions

__all__ = ["AccuracyReport", "evaluate_predictions"]

FEW = 10
"""Cases of a class below which a note is made."""


@dataclass(frozen=True)
class AccuracyReport:
    """How good the scores of a set of cases are."""

    classes: tuple[str, ...]
    threshold: float | None
    """At which a class was called; None: the most probable class."""
    settings: IntervalSettings
    overall: Result
    by_hospital: dict[str, Result]
    """In the order of their names; empty without a column hospital."""
    by_group: dict[str, Result]
    """The same for a column group."""
    grades: GradeResult | None
    """Where the classes are ordinal grades."""
    notes: tuple[str, ...]
    """Sentences that belong beside the numbers."""

    def parts(self) -> list[tuple[str, str, Result]]:
        """Give every result with the kind of its cases (all, hospital or group) and their name."""
        return [
            ("all", "all", self.overall),
            *(("hospital", name, one) for name, one in self.by_hospital.items()),
            *(("group", name, one) for name, one in self.by_group.items()),
        ]


def evaluate_predictions(
    predictions: Predictions,
    *,
    threshold: float | None = None,
    ordinal: bool = False,
    settings: IntervalSettings | None = None,
) -> AccuracyReport:
    """Compare scores with the truth over all cases, by hospital, and by group.

    Parameters
    ----------
    predictions : as read
    threshold : as in `evaluate_classes`; for a single score 0.5 by default, where all scores are from 0 to 1
    ordinal : the classes are grades in rising order: give quadratic-weighted kappa too
    settings : of the intervals

    Raises
    ------
    CohortError
        If a single score needs a threshold, or is to be ordinal.
    """
    settings = settings or IntervalSettings()
    if predictions.binary:
        threshold = predictions.called_from(threshold)
        if ordinal:
            raise CohortError("a single score has no grades; need one score column a grade, in rising order")
    names = {"hospital": predictions.hospitals, "group": predictions.groups}
    parts = {
        kind: {
            name: _evaluate(predictions.of(np.array([one == name for one in column])), threshold, settings)
            for name in sorted(set(column or ()))
        }
        for kind, column in names.items()
        if column is not None
    }
    return AccuracyReport(
        classes=predictions.classes,
        threshold=threshold,
        settings=settings,
        overall=_evaluate(predictions, threshold, settings),
        by_hospital=parts.get("hospital", {}),
        by_group=parts.get("group", {}),
        grades=_grades(predictions, settings) if ordinal else None,
        notes=tuple(_notes(predictions, threshold, settings)),
    )


def _evaluate(predictions: Predictions, threshold: float | None, settings: IntervalSettings) -> Result:
    if not predictions.binary:
        return evaluate_classes(
            predictions.truth,
            predictions.scores,
            predictions.classes,
            patients=predictions.patients,
            threshold=threshold,
            settings=settings,
        )
    positive = predictions.scores[:, 1] >= (0.5 if threshold is None else threshold)
    both = evaluate_answers(
        predictions.truth,
        positive.astype(np.int64),
        predictions.classes,
        scores=predictions.scores,
        patients=predictions.patients,
        settings=settings,
    )
    return replace(both, classes=both.classes[1:], macro_specificity=None, macro_f1=None, macro_auc=None)


def _grades(predictions: Predictions, settings: IntervalSettings) -> GradeResult:
    return evaluate_grades(
        predictions.truth,
        predictions.scores,
        predictions.classes,
        patients=predictions.patients,
        settings=settings,
    )


def _notes(predictions: Predictions, threshold: float | None, settings: IntervalSettings) -> list[str]:
    share = f"{settings.confidence:.0%}"
    resampled = f"{settings.resamples} bootstrap resamples, seed {settings.seed}"
    notes = []
    if predictions.patients is None:
        notes.append("There is no column patient: every case is taken for a patient of its own.")
    if predictions.patients is not None and repeats(predictions.patients):
        people = len(set(predictions.patients))
        notes.append(
            f"{len(predictions.cases)} cases are of {people} patients. Cases of one patient are alike, so all {share} "
            f"intervals come from resampling patients within classes ({resampled}), not from Wilson and DeLong."
        )
    else:
        notes.append(
            f"{share} intervals: {_PROPORTIONS[settings.proportions]} for proportions, score for likelihood ratios, "
            f"{_AREAS[settings.auc]} for AUC; F1, balanced accuracy and means over classes by resampling cases within "
            f"classes ({resampled})."
        )
    if threshold is None:
        notes.append("A case is called its class with the highest score.")
    else:
        notes.append(f"A class is called at a score of {threshold:g} or more.")
    sizes = [int((predictions.truth == k).sum()) for k in range(len(predictions.classes))]
    notes += _about_sizes(predictions.classes, sizes)
    return notes


_AREAS = {"delong": "DeLong", "delong-logit": "DeLong on the logit scale", "bootstrap": "resampling of cases"}
_PROPORTIONS = {"wilson": "Wilson", "clopper-pearson": "Clopper-Pearson", "bootstrap": "resampling of cases"}


def _about_sizes(classes: Sequence[str], sizes: Sequence[int]) -> list[str]:
    absent = [name for name, size in zip(classes, sizes, strict=True) if size == 0]
    few = [f"{name} ({size})" for name, size in zip(classes, sizes, strict=True) if 0 < size < FEW]
    notes = []
    if absent:
        notes.append(f"No case of class {', '.join(absent)}: it has no sensitivity and is left out of means.")
    if few:
        notes.append(f"Classes with fewer than {FEW} cases, too few for a firm number: {', '.join(few)}.")
    return notes
