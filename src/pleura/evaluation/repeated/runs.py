"""Answers of several training runs on the same cases in; what they amount to, over runs and over patients, out.

Papers often train five times, test each time on the same patients, and print the mean with an interval over the five
runs. That interval says how the number moves when training is repeated: first weights, order, augmentation. It says
nothing of how the number would move with other patients, which is what a reader takes it for, and is often several
times too narrow for that. The interval over patients says how the mean over the runs moves with the test cases that
happened to be drawn. Neither says what other training patients would have given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
import numpy.typing as npt

from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.counts import count
from pleura.evaluation.intervals.bootstrap import count_patients, resample_weights
from pleura.evaluation.intervals.estimate import Estimate, percentile
from pleura.evaluation.intervals.runs import Runs, over_runs
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.roc import weighted_auc

__all__ = ["RESAMPLES", "Spread", "Table", "compare_intervals", "differences", "measure", "spreads", "tables"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
RESAMPLES = 1000
"""Of the patients, for tables by hospital."""


@dataclass(frozen=True)
class Spread:
    """A number with its two uncertainties."""

    values: tuple[float, ...]
    """One a run."""
    runs: Runs
    """Over runs: mean, standard deviation, Student's interval; no interval with a single run."""
    patients: Estimate
    """The mean over runs, with the interval of resampled patients, who are the same in all runs."""
    cases: int

    @property
    def mean(self) -> float:
        """Over runs."""
        return self.patients.value

    @property
    def both(self) -> tuple[float, float] | None:
        """The mean less and plus the root of the summed squares of both intervals' half widths; None without both.

        The two are added as if they were independent. Where part of the same chance is in both it counts twice, so
        that the interval is rather too wide than too narrow.
        """
        runs, patients = self.runs, self.patients
        if runs.low is None or runs.high is None or patients.low is None or patients.high is None:
            return None
        half = hypot((runs.high - runs.low) / 2, (patients.high - patients.low) / 2)
        return self.mean - half, self.mean + half

    @property
    def times(self) -> float | None:
        """How many times wider the interval over patients is; None where one of them is missing or has no width."""
        runs, patients = self.runs, self.patients
        if runs.low is None or runs.high is None or patients.low is None or patients.high is None:
            return None
        return (patients.high - patients.low) / (runs.high - runs.low) if runs.high > runs.low else None


@dataclass(frozen=True, eq=False)
class Table:
    """Measures of one set of cases, for each run and each weighting of the patients."""

    values: Mapping[str, Floats]
    """Measure -> (runs, 1 + resamples); the first column counts the cases as they are."""
    fewest: Mapping[str, int]
    """Measure -> patients of the smallest group that it is of."""
    cases: int
    confidence: float = 0.95


def measure(
    runs: Sequence[Predictions], *, threshold: float | None = None, settings: IntervalSettings | None = None
) -> Table:
    """Measure each run with the cases as they are, and with patients resampled within classes, the same in every run.

    Parameters
    ----------
    runs : the same cases in the same order
    threshold : at which a class is called; None for the most probable class, and 0.5 for a single score
    settings : of the intervals

    Returns
    -------
    Measures are accuracy, with several classes balanced_accuracy and auc (means over classes), and by class
    "sensitivity CLASS", "specificity CLASS", "auc CLASS"; what has no cases is left out.

    Raises
    ------
    ValueError
        If there is no run, or runs differ in their cases.
    """
    settings = settings or IntervalSettings()
    if not runs or any(one.cases != runs[0].cases for one in runs):
        raise ValueError(f"need answers on the same cases for each run, got {[len(one.cases) for one in runs]}")
    truth, patients = runs[0].truth, runs[0].patients
    drawn = resample_weights(truth, patients, resamples=settings.resamples, seed=settings.seed)
    weights = np.concatenate([np.ones((1, len(truth))), drawn])
    measured = [_measures(one, weights, threshold) for one in runs]
    sides = {name: truth == k for k, name in enumerate(runs[0].classes)}
    rarest = min(count_patients(side, patients) for side in sides.values() if side.any())
    fewest = {}
    for name in measured[0]:
        of = sides.get(name.partition(" ")[2])
        both = [] if of is None else [count_patients(side, patients) for side in (of, ~of) if side.any()]
        fewest[name] = min(both, default=rarest)
    values = {name: np.stack([one[name] for one in measured]) for name in measured[0]}
    return Table(values, fewest, len(truth), settings.confidence)


def tables(runs: Sequence[Predictions]) -> dict[str, Table]:
    """Measure runs on all hospitals' cases, and on each hospital's.

    Resamples are the same for all that is answered on the same cases, so that differences of two models are paired by
    patient.

    Parameters
    ----------
    runs : as for `measure`

    Returns
    -------
    By "all hospitals" and the hospitals' names.

    Raises
    ------
    ValueError
        As `measure`.
    """
    settings = IntervalSettings(resamples=RESAMPLES)
    hospitals = (runs[0].hospitals if runs else None) or ()
    found = {"all hospitals": measure(runs, settings=settings)}
    for name in sorted(set(hospitals)):
        chosen = np.array([one == name for one in hospitals])
        found[name] = measure([one.of(chosen) for one in runs], settings=settings)
    return found


def spreads(table: Table) -> dict[str, Spread]:
    """Sum a table up, by measure."""
    return {name: _spread(values, table, name) for name, values in table.values.items()}


def differences(one: Table, other: Table) -> dict[str, Spread]:
    """Sum up one model less another, paired by run and by patient; by measure."""
    both = [name for name in one.values if name in other.values]
    return {name: _spread(one.values[name] - other.values[name], one, name) for name in both}


def compare_intervals(
    runs: Mapping[str, Predictions], *, threshold: float | None = None, settings: IntervalSettings | None = None
) -> dict[str, Spread]:
    """Set the interval over runs beside the one over patients, by measure.

    Parameters
    ----------
    runs : name -> predictions, the same cases in the same order, as from `read_runs`; two runs or more
    threshold, settings : as for `measure`

    Raises
    ------
    ValueError
        If there are fewer than two runs.
    """
    if len(runs) < 2:
        raise ValueError(f"need two runs or more, got {len(runs)}")
    return spreads(measure(list(runs.values()), threshold=threshold, settings=settings))


def _measures(answers: Predictions, weights: Floats, threshold: float | None) -> dict[str, Floats]:
    """Measure one run's answers under each weighting of the cases; (weightings,) each."""
    numbers = np.arange(len(answers.classes))
    is_class = answers.truth[:, None] == numbers
    answered, called = _called(answers, numbers, threshold)
    counted = count(is_class, called, weights)
    right = (is_class & answered).any(axis=1)
    found = {"accuracy": np.asarray(weights @ right / weights.sum(axis=1))}
    each, areas = {}, []
    for k in numbers[1:] if answers.binary else numbers:
        name, inside = answers.classes[k], is_class[:, k]
        if inside.any():
            each[f"sensitivity {name}"] = counted.sensitivity[:, k]
        if not inside.all():
            each[f"specificity {name}"] = counted.specificity[:, k]
        if inside.any() and not inside.all():
            areas.append(weighted_auc(inside, answers.scores[:, k], weights))
            each[f"auc {name}"] = areas[-1]
    if not answers.binary:
        recall = count(is_class, answered, weights).sensitivity
        found["balanced_accuracy"] = recall[:, is_class.any(axis=0)].mean(axis=1)
        if areas:
            found["auc"] = np.mean(areas, axis=0)
    return found | each


def _called(answers: Predictions, numbers: npt.NDArray[np.int64], threshold: float | None) -> tuple[Bools, Bools]:
    """Give the one class that is answered, and the classes that are called, of each case; both (cases, classes)."""
    if answers.binary:
        answer = (answers.scores[:, 1] >= answers.called_from(threshold)).astype(np.int64)
    else:
        answer = answers.scores.argmax(axis=1)
    answered = answer[:, None] == numbers
    return answered, answered if answers.binary or threshold is None else answers.scores >= threshold


def _spread(values: Floats, table: Table, name: str) -> Spread:
    means = values.mean(axis=0)
    patients = percentile(float(means[0]), means[1:], patients=table.fewest[name], confidence=table.confidence)
    assert patients is not None  # a measure is of cases that there are
    each = tuple(values[:, 0].tolist())
    return Spread(each, over_runs(each, confidence=table.confidence), patients, table.cases)
