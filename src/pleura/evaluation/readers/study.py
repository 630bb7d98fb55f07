"""Readers' answers, a model's scores and the truth in; points, means, vote and the model beside them out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.intervals.bootstrap import count_patients, repeats, resample_weights
from pleura.evaluation.intervals.estimate import Estimate, percentile
from pleura.evaluation.intervals.proportions import Proportion, clustered, wilson
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.readers.table import Answers
from pleura.evaluation.readers.vote import majority_vote
from pleura.evaluation.roc import sensitivity_at, weighted_roc

__all__ = ["ClassReading", "MeanPoint", "Point", "ReaderStudy", "cases_read", "compare_readers"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Point:
    """One reader, or the vote of all, on one class against the rest."""

    name: str
    tier: str | None
    sensitivity: Proportion
    specificity: Proportion


@dataclass(frozen=True)
class MeanPoint:
    """The unweighted mean of some readers; intervals resample patients and hold the readers."""

    name: str
    readers: int
    sensitivity: Estimate
    specificity: Estimate


@dataclass(frozen=True)
class ClassReading:
    """One class against the rest, read by people and by the model."""

    name: str
    readers: tuple[Point, ...]
    mean: MeanPoint
    tiers: tuple[MeanPoint, ...]
    """One a tier, where there are tiers."""
    vote: Point
    model_sensitivity: Estimate
    """The model's highest sensitivity at a specificity of at least the readers' mean; the threshold is chosen on
    these cases, and anew in each resample."""
    difference: Estimate
    """The model's sensitivity there, minus the readers' mean sensitivity; the same resamples for both."""


@dataclass(frozen=True)
class ReaderStudy:
    """A panel of readers beside a model."""

    readers: tuple[str, ...]
    cases: int
    """Read by all, and scored by the model."""
    unread: int
    """Cases with a score that were not read; left out here."""
    simulated: bool
    tied: int
    """Cases on which the vote was tied."""
    accuracies: tuple[Proportion, ...]
    """Share of cases answered rightly, one a reader."""
    classes: tuple[ClassReading, ...]
    """Classes with cases on both sides."""


def cases_read(predictions: Predictions, answers: Answers) -> Predictions:
    """Keep the cases that the readers have read, in the order of the predictions.

    Raises
    ------
    CohortError
        If the readers have answered a case without a score.
    """
    unknown = sorted(set(answers.cases) - set(predictions.cases))
    if unknown:
        raise CohortError(
            f"readers answered {len(unknown)} cases without a score, {unknown[0]} first; take them out, or score them"
        )
    read = set(answers.cases)
    return predictions.of(np.array([case in read for case in predictions.cases]))


def compare_readers(
    predictions: Predictions, answers: Answers, *, settings: IntervalSettings | None = None
) -> ReaderStudy:
    """Set readers beside a model on the cases that the readers have read.

    Parameters
    ----------
    predictions : truth and scores of at least these cases
    answers : of all readers on all of them
    settings : of the intervals; where a patient has several cases all come from resampling patients

    Raises
    ------
    CohortError
        If the readers have answered a case without a score.
    """
    settings = settings or IntervalSettings()
    read = cases_read(predictions, answers)
    column = {case: index for index, case in enumerate(answers.cases)}
    said = answers.answers[:, [column[case] for case in read.cases]]
    votes = majority_vote(said, len(read.classes))
    weights = resample_weights(read.truth, read.patients, resamples=settings.resamples, seed=settings.seed)
    panel = _Panel(read, answers, said, votes, weights, settings)
    shown = (1,) if read.binary else range(len(read.classes))
    everyone = np.ones(len(read.cases), dtype=bool)
    return ReaderStudy(
        readers=answers.readers,
        cases=len(read.cases),
        unread=len(predictions.cases) - len(read.cases),
        simulated=answers.simulated,
        tied=int((votes.max(axis=1) < 1).sum()),
        accuracies=tuple(panel.proportion(everyone, (row == read.truth).astype(np.float64)) for row in said),
        classes=tuple(panel.reading(k) for k in shown if 0 < int((read.truth == k).sum()) < len(read.cases)),
    )


@dataclass(frozen=True, eq=False)
class _Panel:
    read: Predictions
    answers: Answers
    said: npt.NDArray[np.int64]
    votes: Floats
    weights: Floats
    settings: IntervalSettings

    def reading(self, k: int) -> ClassReading:
        is_k = self.read.truth == k
        called = (self.said == k).astype(np.float64)  # (readers, cases)
        mean = self._mean("mean of readers", range(len(called)), is_k, called)
        one = np.ones((1, len(is_k)))
        model = self._model_at(k, np.array([mean.specificity.value]), one)
        resampled_mean = self._rates(is_k, called, self.weights)
        resampled_model = self._model_at(k, resampled_mean[1].mean(axis=0), self.weights)
        names = self.answers.tiers or ()
        return ClassReading(
            name=self.read.classes[k],
            readers=tuple(
                self._point(name, self.answers.tiers[index] if self.answers.tiers else None, is_k, called[index])
                for index, name in enumerate(self.answers.readers)
            ),
            mean=mean,
            tiers=tuple(
                self._mean(tier, [index for index, other in enumerate(names) if other == tier], is_k, called)
                for tier in dict.fromkeys(names)
            ),
            vote=self._point("majority vote", None, is_k, self.votes[:, k]),
            model_sensitivity=self._interval(is_k, float(model[0]), resampled_model),
            difference=self._interval(
                is_k, float(model[0]) - mean.sensitivity.value, resampled_model - resampled_mean[0].mean(axis=0)
            ),
        )

    def proportion(self, counted: Bools, hit: Floats) -> Proportion:
        """Count `hit`, 0 to 1, over the cases counted."""
        total, hits = int(counted.sum()), float(hit[counted].sum())
        hits = round(hits) if abs(hits - round(hits)) < 1e-9 else hits
        if not repeats(self.read.patients):
            return wilson(hits, total, confidence=self.settings.confidence)
        people = count_patients(counted, self.read.patients)
        return clustered(hits, total, _share(self.weights, counted, hit), people, confidence=self.settings.confidence)

    def _point(self, name: str, tier: str | None, is_k: Bools, called: Floats) -> Point:
        return Point(name, tier, self.proportion(is_k, called), self.proportion(~is_k, 1 - called))

    def _mean(self, name: str, chosen: Sequence[int], is_k: Bools, called: Floats) -> MeanPoint:
        one = self._rates(is_k, called[list(chosen)], np.ones((1, len(is_k))))
        many = self._rates(is_k, called[list(chosen)], self.weights)
        sensitivity, specificity = (
            self._interval(is_k, float(point.mean()), resampled.mean(axis=0))
            for point, resampled in zip(one, many, strict=True)
        )
        return MeanPoint(name, len(chosen), sensitivity, specificity)

    def _interval(self, is_k: Bools, value: float, resampled: Floats) -> Estimate:
        smallest = min(count_patients(side, self.read.patients) for side in (is_k, ~is_k))
        found = percentile(value, resampled, patients=smallest, confidence=self.settings.confidence)
        assert found is not None, "a class with cases on both sides has sensitivity and specificity"
        return found

    def _rates(self, is_k: Bools, called: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Sensitivity and specificity, each (readers, weightings)."""
        return (
            np.stack([_share(weights, is_k, row) for row in called]),
            np.stack([_share(weights, ~is_k, 1 - row) for row in called]),
        )

    def _model_at(self, k: int, specificity: Floats, weights: Floats) -> Floats:
        sensitivity, false = weighted_roc(self.read.truth == k, self.read.scores[:, k], weights)
        found = sensitivity_at(specificity, sensitivity, false)
        return np.where(np.isnan(sensitivity[:, -1]) | np.isnan(false[:, -1]), np.nan, found)


def _share(weights: Floats, counted: Bools, hit: Floats) -> Floats:
    total = weights @ counted
    return np.asarray(weights @ (hit * counted) / np.where(total > 0, total, np.nan))
