"""Answers of one arm, a table a seed, in; what they amount to, with intervals over seeds and over patients, out.

Every seed trains on the same patients and answers on the same test cases. What varies over seeds is the training: first
weights, order, subsets and augmentation. What an interval over patients tells is how the mean over the seeds moves with
the test cases that happened to be drawn. Neither says what other training patients would have given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
import numpy.typing as npt

from pleura.evaluation.counts import count
from pleura.evaluation.intervals.bootstrap import count_patients, resample_weights
from pleura.evaluation.intervals.estimate import Estimate, percentile
from pleura.evaluation.intervals.runs import Runs, over_runs
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.roc import weighted_auc

__all__ = ["Spread", "Table", "differences", "spreads", "tables"]

Floats = npt.NDArray[np.float64]
RESAMPLES = 1000
"""Of the patients."""


@dataclass(frozen=True)
class Spread:
    """A number with its two uncertainties."""

    seeds: Runs
    """Over trainings: mean, standard deviation, Student's interval; no interval with a single seed."""
    patients: Estimate
    """The mean over seeds, with the interval of resampled patients."""
    cases: int

    @property
    def mean(self) -> float:
        """Over seeds."""
        return self.patients.value

    @property
    def both(self) -> tuple[float, float] | None:
        """The mean less and plus the root of the summed squares of both intervals' half widths; None without both.

        The two are added as if they were independent. Where part of the same chance is in both it counts twice, so
        that the interval is rather too wide than too narrow.
        """
        runs, patients = self.seeds, self.patients
        if runs.low is None or runs.high is None or patients.low is None or patients.high is None:
            return None
        half = hypot((runs.high - runs.low) / 2, (patients.high - patients.low) / 2)
        return self.mean - half, self.mean + half


@dataclass(frozen=True, eq=False)
class Table:
    """One arm's measures on one set of cases, for each seed and each weighting of the patients."""

    values: Mapping[str, Floats]
    """Measure -> (seeds, 1 + resamples); the first column counts the cases as they are."""
    cases: int
    smallest: int
    """Patients of the rarest class among the cases."""


def tables(answers: Sequence[Predictions]) -> dict[str, Table]:
    """Measure one arm's answers on all hospitals' cases, and on each hospital's.

    Parameters
    ----------
    answers : one a seed; the same cases in the same order

    Returns
    -------
    By "all hospitals" and the hospitals' names. Measures are accuracy, balanced_accuracy, auc (mean over classes) and
    by class "sensitivity CLASS", "specificity CLASS", "auc CLASS"; a class without cases has none. Resamples are the
    same for every arm, so that differences of two arms are paired by patient.

    Raises
    ------
    ValueError
        If there is no seed, or seeds differ in their cases.
    """
    if not answers or any(one.cases != answers[0].cases for one in answers):
        raise ValueError(f"need answers on the same cases for each seed, got {[len(one.cases) for one in answers]}")
    first = answers[0]
    places = {"all hospitals": np.ones(len(first.cases), dtype=bool)}
    places |= {
        name: np.array([one == name for one in first.hospitals or ()]) for name in sorted(set(first.hospitals or ()))
    }
    return {name: _table([one.of(chosen) for one in answers]) for name, chosen in places.items()}


def spreads(table: Table) -> dict[str, Spread]:
    """Sum a table up, by measure."""
    return {name: _spread(values, table) for name, values in table.values.items()}


def differences(one: Table, other: Table) -> dict[str, Spread]:
    """Sum up one arm less another, paired by seed and by patient; by measure."""
    both = [name for name in one.values if name in other.values]
    return {name: _spread(one.values[name] - other.values[name], one) for name in both}


def _table(answers: Sequence[Predictions]) -> Table:
    first = answers[0]
    truth = first.truth
    weights = np.concatenate(
        [np.ones((1, len(truth))), resample_weights(truth, first.patients, resamples=RESAMPLES, seed=0)]
    )
    measured = [_measures(one, weights) for one in answers]
    return Table(
        values={name: np.stack([one[name] for one in measured]) for name in measured[0]},
        cases=len(truth),
        smallest=min(count_patients(truth == k, first.patients) for k in np.unique(truth)),
    )


def _measures(answers: Predictions, weights: Floats) -> dict[str, Floats]:
    """Measure one seed's answers under each weighting of the cases; (weightings,) each."""
    is_class = answers.truth[:, None] == np.arange(len(answers.classes))
    called = answers.scores.argmax(axis=1)[:, None] == np.arange(len(answers.classes))
    counted = count(is_class, called, weights)
    occurring = np.flatnonzero(is_class.any(axis=0))
    found = {"accuracy": weights @ (is_class & called).any(axis=1) / weights.sum(axis=1)}
    found["balanced_accuracy"] = counted.sensitivity[:, occurring].mean(axis=1)
    areas = {}
    for k in occurring.tolist():
        name = answers.classes[k]
        found[f"sensitivity {name}"] = counted.sensitivity[:, k]
        if not is_class[:, k].all():
            found[f"specificity {name}"] = counted.specificity[:, k]
            areas[f"auc {name}"] = weighted_auc(is_class[:, k], answers.scores[:, k], weights)
    if areas:
        found["auc"] = np.mean(list(areas.values()), axis=0)
    return found | areas


def _spread(values: Floats, table: Table) -> Spread:
    means = values.mean(axis=0)
    patients = percentile(float(means[0]), means[1:], patients=table.smallest)
    assert patients is not None  # a measure is of classes that occur
    return Spread(seeds=over_runs(values[:, 0].tolist()), patients=patients, cases=table.cases)
