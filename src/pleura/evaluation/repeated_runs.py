"""Scores of several training runs on the same cases in; the interval over runs beside that over patients out.

Papers often train five times, test each time on the same patients, and print the mean with an interval over the five
runs. That interval says how the number moves when training is repeated. It says nothing of how the number would move
with other patients, which is what a reader takes it for, and is often several times too narrow for that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.counts import count
from pleura.evaluation.intervals.bootstrap import count_patients, resample_weights
from pleura.evaluation.intervals.estimate import Estimate, percentile
from pleura.evaluation.intervals.runs import Runs, over_runs
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.roc import weighted_auc

__all__ = ["RunMetric", "compare_intervals"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RunMetric:
    """One number of each run, with both intervals around their mean."""

    name: str
    """accuracy, sensitivity, specificity or AUC."""
    class_name: str | None
    """The class it is about; None for all together."""
    values: tuple[float, ...]
    """One a run."""
    runs: Runs
    """Mean, deviation and interval over runs: what such papers print."""
    patients: Estimate
    """The same mean with an interval over patients, who are the same in all runs: how far it is to be trusted."""

    @property
    def times(self) -> float | None:
        """How many times wider the interval over patients is; None where one of them is missing or has no width."""
        runs, patients = self.runs, self.patients
        if runs.low is None or runs.high is None or patients.low is None or patients.high is None:
            return None
        return (patients.high - patients.low) / (runs.high - runs.low) if runs.high > runs.low else None


def compare_intervals(
    runs: Mapping[str, Predictions], *, threshold: float | None = None, settings: IntervalSettings | None = None
) -> tuple[RunMetric, ...]:
    """Set the interval over runs beside the one over patients.

    For the second, patients are resampled within classes, the same ones in every run, and the mean over runs is taken
    each time: the runs that were made are held, so that its width comes from the patients alone.

    Parameters
    ----------
    runs : name -> predictions, the same cases in the same order, as from `read_runs`; two runs or more
    threshold : at which a class is called; None for the most probable class, and 0.5 for a single score
    settings : of the intervals

    Raises
    ------
    ValueError
        If there are fewer than two runs.
    """
    settings = settings or IntervalSettings()
    if len(runs) < 2:
        raise ValueError(f"need two runs or more, got {len(runs)}")
    first = next(iter(runs.values()))
    truth, classes = first.truth, first.classes
    is_class = truth[:, None] == np.arange(len(classes))
    weights = np.concatenate(
        [
            np.ones((1, len(truth))),
            resample_weights(truth, first.patients, resamples=settings.resamples, seed=settings.seed),
        ]
    )
    tables: dict[tuple[str, int | None], list[Floats]] = {}
    for one in runs.values():
        for key, values in _metrics(one, is_class, weights, threshold).items():
            tables.setdefault(key, []).append(values)
    found = []
    for (name, k), columns in tables.items():
        sides = [is_class[:, k], ~is_class[:, k]] if k is not None else list(is_class.T)
        fewest = min(count_patients(side, first.patients) for side in sides if side.any())
        found.append(_metric(name, None if k is None else classes[k], columns, fewest, settings))
    return tuple(one for one in found if one is not None)


def _metrics(
    predictions: Predictions, is_class: npt.NDArray[np.bool_], weights: Floats, threshold: float | None
) -> dict[tuple[str, int | None], Floats]:
    """Give each metric under each weighting, (weightings,)."""
    scores = predictions.scores
    columns = np.arange(is_class.shape[1])
    if predictions.binary:
        answer = (scores[:, 1] >= predictions.called_from(threshold)).astype(np.int64)
        called = answer[:, None] == columns
    else:
        answer = scores.argmax(axis=1)
        called = answer[:, None] == columns if threshold is None else scores >= threshold
    right = (answer == predictions.truth).astype(np.float64)
    table: dict[tuple[str, int | None], Floats] = {("accuracy", None): weights @ right / weights.sum(axis=1)}
    counted = count(is_class, called, weights)
    for k in range(1, 2) if predictions.binary else range(len(predictions.classes)):
        table["sensitivity", k] = counted.sensitivity[:, k]
        table["specificity", k] = counted.specificity[:, k]
        if is_class[:, k].any() and not is_class[:, k].all():
            table["AUC", k] = weighted_auc(is_class[:, k], scores[:, k], weights)
    return table


def _metric(
    name: str, class_name: str | None, columns: Sequence[Floats], fewest: int, settings: IntervalSettings
) -> RunMetric | None:
    table = np.stack(columns)  # (runs, weightings), the first weighting being the cases as they are
    mean = table.mean(axis=0)
    estimate = percentile(float(mean[0]), mean[1:], patients=fewest, confidence=settings.confidence)
    if estimate is None:
        return None
    values = tuple(float(one) for one in table[:, 0])
    return RunMetric(name, class_name, values, over_runs(values, confidence=settings.confidence), estimate)
