"""A cross-validation's folds in; each metric by fold, its mean, its spread, and two intervals out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from pleura.evaluation.counts import count
from pleura.evaluation.intervals.bootstrap import count_patients, repeats, resample_weights
from pleura.evaluation.intervals.estimate import Estimate, percentile
from pleura.evaluation.intervals.proportions import clustered, wilson
from pleura.evaluation.intervals.runs import over_runs
from pleura.evaluation.roc import weighted_auc

__all__ = ["FoldMetric", "FoldResult", "FoldSummary", "fold_summary"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FoldResult:
    """What one fold's model answered on the cases that it was not trained on."""

    truth: npt.NDArray[np.int64]
    """(cases,), index of the class."""
    probabilities: Floats
    """(cases, classes)."""
    hospitals: Sequence[str]
    """(cases,)."""
    patients: Sequence[str]
    """(cases,); no patient stands in two folds."""


@dataclass(frozen=True)
class FoldMetric:
    """One number of each fold, and what they amount to."""

    name: str
    """accuracy, balanced accuracy, macro AUC, sensitivity, specificity or AUC."""
    class_name: str | None
    """The class it is about; None for all together."""
    values: tuple[float | None, ...]
    """One a fold; None where a fold lacks the cases for it."""
    mean: float | None
    """Over the folds that have it."""
    deviation: float | None
    """Standard deviation over folds, with folds - 1 below; None for fewer than two."""
    run_low: float | None
    """Lower end of the interval over runs: mean - t * deviation / sqrt(folds)."""
    run_high: float | None
    """Its upper end."""
    pooled: Estimate | None
    """Over all cases, with an interval over patients. An AUC counts the pairs within folds only, since scores of two
    models are on two scales."""


@dataclass(frozen=True)
class FoldSummary:
    """A cross-validation in numbers."""

    classes: tuple[str, ...]
    cases: tuple[int, ...]
    """One a fold."""
    patients: int
    metrics: tuple[FoldMetric, ...]
    """All cases."""
    by_hospital: dict[str, tuple[FoldMetric, ...]]
    """Each hospital's cases, in the order of their names."""

    def metric(self, name: str, class_name: str | None = None) -> FoldMetric:
        """Find one metric over all cases.

        Raises
        ------
        KeyError
            If there is none of that name.
        """
        for one in self.metrics:
            if (one.name, one.class_name) == (name, class_name):
                return one
        raise KeyError(f"no metric {name!r} of class {class_name!r}")

    def rows(self) -> list[dict[str, str | float | None]]:
        """Give every metric as a flat row, for CSV or JSON; hospital "all" comes first."""
        return [
            {
                "hospital": hospital,
                "metric": one.name,
                "class": one.class_name or "",
                **{f"fold_{number}": value for number, value in enumerate(one.values, start=1)},
                "mean": one.mean,
                "deviation": one.deviation,
                "run_low": one.run_low,
                "run_high": one.run_high,
                "pooled": one.pooled.value if one.pooled else None,
                "patient_low": one.pooled.low if one.pooled else None,
                "patient_high": one.pooled.high if one.pooled else None,
            }
            for hospital, metrics in {"all": self.metrics, **self.by_hospital}.items()
            for one in metrics
        ]


def fold_summary(
    folds: Sequence[FoldResult],
    *,
    classes: Sequence[str] | None = None,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> FoldSummary:
    """Sum up a cross-validation, with the interval over runs that papers give beside the interval over patients.

    The interval over runs (Student's t on the folds' values) says how the result moves with the training set and the
    seed. Its folds share training cases, so they are not independent, and it says nothing of how few patients were
    tested: it is as narrow on 40 patients as on 4000 where the folds happen to agree. The interval over patients is for
    the models as they are: Wilson's for proportions where no patient has two cases, else a percentile bootstrap that
    draws patients within folds and classes.

    Parameters
    ----------
    folds : two or more
    classes : names, in the order of the probabilities' columns; "0", "1", ... by default
    confidence : of both intervals
    resamples, seed : of the bootstrap

    Raises
    ------
    ValueError
        If there are fewer than two folds, shapes do not fit, or a patient stands in two folds.
    """
    names = _check(folds, classes)
    pool = _Pool(
        truth=np.concatenate([np.asarray(fold.truth, dtype=np.int64) for fold in folds]),
        scores=np.concatenate([np.asarray(fold.probabilities, dtype=np.float64) for fold in folds]),
        number=np.repeat(np.arange(len(folds)), [len(fold.truth) for fold in folds]),
        patients=np.array([name for fold in folds for name in fold.patients], dtype=object),
    )
    hospitals = np.array([name for fold in folds for name in fold.hospitals], dtype=object)

    def summed(cases: _Pool) -> tuple[FoldMetric, ...]:
        weights = resample_weights(
            cases.truth, cases.patients.tolist(), strata=cases.number, resamples=resamples, seed=seed
        )
        return _metrics(cases, len(folds), names, weights, confidence)

    return FoldSummary(
        classes=names,
        cases=tuple(len(fold.truth) for fold in folds),
        patients=len(set(pool.patients.tolist())),
        metrics=summed(pool),
        by_hospital={str(one): summed(pool.of(hospitals == one)) for one in sorted(set(hospitals.tolist()))},
    )


@dataclass(frozen=True, eq=False)
class _Pool:
    """The cases of all folds."""

    truth: npt.NDArray[np.int64]
    scores: Floats
    number: npt.NDArray[np.int64]
    """Of the fold."""
    patients: npt.NDArray[np.object_]

    def of(self, chosen: npt.NDArray[np.bool_]) -> "_Pool":
        return _Pool(self.truth[chosen], self.scores[chosen], self.number[chosen], self.patients[chosen])


def _check(folds: Sequence[FoldResult], classes: Sequence[str] | None) -> tuple[str, ...]:
    if len(folds) < 2:
        raise ValueError(f"need two folds or more, got {len(folds)}")
    width = np.shape(folds[0].probabilities)[-1]
    names = tuple(str(index) for index in range(width)) if classes is None else tuple(classes)
    for index, fold in enumerate(folds, start=1):
        cases = len(fold.truth)
        if np.shape(fold.probabilities) != (cases, len(names)) or {len(fold.hospitals), len(fold.patients)} != {cases}:
            raise ValueError(
                f"fold {index}: need probabilities ({cases}, {len(names)}) and a hospital and patient a case, got "
                f"{np.shape(fold.probabilities)}, {len(fold.hospitals)} hospitals, {len(fold.patients)} patients"
            )
        if cases == 0 or min(fold.truth) < 0 or max(fold.truth) >= len(names):
            raise ValueError(f"fold {index}: need one case or more, with truths from 0 to {len(names) - 1}")
    for (i, one), (j, other) in combinations(enumerate(folds, start=1), 2):
        both = sorted(set(one.patients) & set(other.patients))
        if both:
            raise ValueError(f"patient {both[0]} stands in folds {i} and {j}; split by patient")
    return names


def _metrics(
    pool: _Pool, folds: int, names: tuple[str, ...], weights: Floats, confidence: float
) -> tuple[FoldMetric, ...]:
    ones = [(pool.number == fold).astype(np.float64)[None] for fold in range(folds)]
    by_fold = [_values(pool, weight) for weight in ones]
    pooled = _values(pool, np.ones((1, len(pool.truth))))
    resampled = _values(pool, weights)
    keys = [("accuracy", -1), ("balanced accuracy", -1), ("macro AUC", -1)]
    keys += [(name, k) for k in range(len(names)) for name in ("sensitivity", "specificity", "AUC")]
    return tuple(
        _metric(
            name,
            None if k < 0 else names[k],
            [float(values[name, k][0]) for values in by_fold],
            _pooled(pool, name, k, float(pooled[name, k][0]), resampled[name, k], confidence),
            confidence,
        )
        for name, k in keys
    )


def _pooled(pool: _Pool, name: str, k: int, value: float, resampled: Floats, confidence: float) -> Estimate | None:
    """Put an interval over patients around a value: Wilson for a proportion of patients, else the bootstrap."""
    patients = pool.patients.tolist()
    sides = [pool.truth == one for one in np.unique(pool.truth)] if k < 0 else [pool.truth == k, pool.truth != k]
    counted = {"accuracy": np.ones(len(pool.truth), dtype=bool), "sensitivity": sides[0], "specificity": sides[-1]}
    if name not in counted or np.isnan(value):
        smallest = min(count_patients(side, patients) for side in sides)
        return percentile(value, resampled, patients=smallest, confidence=confidence)
    total, people = int(counted[name].sum()), count_patients(counted[name], patients)
    hits = round(value * total)
    if repeats(patients):
        found = clustered(hits, total, resampled, people, confidence=confidence)
    else:
        found = wilson(hits, total, confidence=confidence)
    return Estimate(found.value, found.low, found.high, found.method)


def _metric(
    name: str, class_name: str | None, values: Sequence[float], pooled: Estimate | None, confidence: float
) -> FoldMetric:
    runs = over_runs([float(value) for value in values if not np.isnan(value)], confidence=confidence)
    shown = tuple(None if np.isnan(value) else value for value in values)
    return FoldMetric(name, class_name, shown, runs.mean, runs.deviation, runs.low, runs.high, pooled)


def _values(pool: _Pool, weights: Floats) -> dict[tuple[str, int], Floats]:
    """Every metric under each weighting, (weightings,); class -1 stands for all."""
    truth, scores, number = pool.truth, pool.scores, pool.number
    classes = scores.shape[1]
    columns = np.arange(classes)
    answer = scores.argmax(axis=1)
    counts = count(truth[:, None] == columns, answer[:, None] == columns, weights)
    total = weights.sum(axis=1)
    found: dict[tuple[str, int], Floats] = {
        ("accuracy", -1): weights @ (truth == answer) / np.where(total > 0, total, np.nan),
        ("balanced accuracy", -1): _mean_of_defined(counts.sensitivity),
    }
    areas = np.stack([_auc_within_folds(truth == k, scores[:, k], number, weights) for k in columns], axis=1)
    found["macro AUC", -1] = _mean_of_defined(areas)
    for k in range(classes):
        found["sensitivity", k] = counts.sensitivity[:, k]
        found["specificity", k] = counts.specificity[:, k]
        found["AUC", k] = areas[:, k]
    return found


def _mean_of_defined(values: Floats) -> Floats:
    defined = ~np.isnan(values)
    total = np.where(defined, values, 0).sum(axis=1)
    return np.asarray(total / np.where(defined.any(axis=1), defined.sum(axis=1), np.nan))


def _auc_within_folds(
    positive: npt.NDArray[np.bool_], scores: Floats, number: npt.NDArray[np.int64], weights: Floats
) -> Floats:
    """Share of the pairs (with, without the condition) of a fold that are in order, over all folds."""
    ordered, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    for fold in np.unique(number):
        inside = number == fold
        is_in, w = positive[inside], weights[:, inside]
        if is_in.all() or not is_in.any():
            continue
        size = w[:, is_in].sum(axis=1) * w[:, ~is_in].sum(axis=1)
        ordered += np.where(size > 0, np.nan_to_num(weighted_auc(is_in, scores[inside], w)) * size, 0)
        pairs += size
    return ordered / np.where(pairs > 0, pairs, np.nan)
