"""The predictions of two classifiers in; which is better, class by class, with tests, out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.comparison.areas import Comparison, delong_paired, delong_unpaired
from pleura.evaluation.comparison.proportions import McNemar, mcnemar, paired_difference, unpaired_difference
from pleura.evaluation.intervals.bootstrap import count_patients, repeats, resample_weights
from pleura.evaluation.intervals.estimate import percentile
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.roc import auc, weighted_auc

__all__ = ["ClassComparison", "ComparisonReport", "compare_predictions"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClassComparison:
    """One class against the rest; first minus second."""

    name: str
    auc: Comparison | None
    """None where a set has no case on one side."""
    sensitivity: Comparison | None
    specificity: Comparison | None


@dataclass(frozen=True)
class ComparisonReport:
    """Two classifiers."""

    paired: bool
    """Whether both were judged on the same cases."""
    cases: tuple[int, int]
    accuracy: Comparison
    mcnemar: McNemar | None
    """Of the accuracy; None for different cases."""
    classes: tuple[ClassComparison, ...]
    tests: int
    """How many tests there are: with so many, small p are to be expected by chance."""
    notes: tuple[str, ...]


def compare_predictions(
    first: Predictions,
    second: Predictions,
    *,
    paired: bool | None = None,
    thresholds: tuple[float | None, float | None] = (None, None),
    settings: IntervalSettings | None = None,
) -> ComparisonReport:
    """Compare two classifiers on the same cases (paired) or on different ones (unpaired).

    AUCs by DeLong's tests; proportions by Tango's interval and McNemar's mid-p, or by Newcombe's interval and Fisher's
    test. Where a patient has several cases, intervals are percentiles of resamples of patients, and there is no p.

    Parameters
    ----------
    first, second : of the same classes
    paired : None to find out: paired where the cases are the same, unpaired where none is in both
    thresholds : at which each calls a class; None for the most probable class, and 0.5 for a single score
    settings : of the intervals

    Raises
    ------
    CohortError
        If classes differ; cases are only partly the same; the same case has two truths or patients; or single scores
        are of a scale of their own, and no threshold is given.
    """
    settings = settings or IntervalSettings()
    if first.classes != second.classes or first.binary != second.binary:
        raise CohortError(
            f"need the same classes in both, got {', '.join(first.classes)} and {', '.join(second.classes)}"
        )
    paired = _found_paired(first, second) if paired is None else paired
    if paired:
        second = _matched(first, second)
    called = tuple(_called(one, t) for one, t in zip((first, second), thresholds, strict=True))
    clustered = repeats(first.patients) or repeats(second.patients)
    sides = _Sides(first, second, called[0], called[1], paired, clustered, settings)
    classes = tuple(
        ClassComparison(name, sides.area(k), sides.rate(k, with_condition=True), sides.rate(k, with_condition=False))
        for k, name in enumerate(first.classes)
        if not (first.binary and k == 0)
    )
    right = tuple(_right(one, each) for one, each in zip((first, second), called, strict=True))
    accuracy = sides.difference(right, (np.ones(len(first.truth), dtype=bool), np.ones(len(second.truth), dtype=bool)))
    assert accuracy is not None
    tests = sum(
        c is not None and c.p is not None for one in classes for c in (one.auc, one.sensitivity, one.specificity)
    )
    return ComparisonReport(
        paired=paired,
        cases=(len(first.cases), len(second.cases)),
        accuracy=accuracy,
        mcnemar=mcnemar(int((right[0] & ~right[1]).sum()), int((~right[0] & right[1]).sum()))
        if paired and not clustered
        else None,
        classes=classes,
        tests=tests + (accuracy.p is not None),
        notes=_notes(first, second, paired, clustered, settings),
    )


@dataclass(frozen=True, eq=False)
class _Sides:
    """Both sets of predictions and how they are compared."""

    first: Predictions
    second: Predictions
    called_first: Bools
    called_second: Bools
    paired: bool
    clustered: bool
    settings: IntervalSettings

    def area(self, k: int) -> Comparison | None:
        """Compare the AUCs of a class."""
        truths = self.first.truth == k, self.second.truth == k
        scores = self.first.scores[:, k], self.second.scores[:, k]
        if any(min(int(one.sum()), int((~one).sum())) < 2 for one in truths):
            return None
        confidence = self.settings.confidence
        if not self.clustered:
            if self.paired:
                return delong_paired(truths[0], *scores, confidence=confidence)
            return delong_unpaired((truths[0], scores[0]), (truths[1], scores[1]), confidence=confidence)
        resampled = [weighted_auc(t, s, w) for t, s, w in zip(truths, scores, self._weights(), strict=True)]
        values = auc(truths[0], scores[0]), auc(truths[1], scores[1])
        return self._resampled(values, resampled[0] - resampled[1], truths)

    def rate(self, k: int, *, with_condition: bool) -> Comparison | None:
        """Compare the sensitivities of a class, or the specificities."""
        truths = self.first.truth == k, self.second.truth == k
        called = self.called_first[:, k], self.called_second[:, k]
        if with_condition:
            return self.difference(called, truths)
        return self.difference((~called[0], ~called[1]), (~truths[0], ~truths[1]))

    def difference(self, hits: tuple[Bools, ...], counted: tuple[Bools, ...]) -> Comparison | None:
        """Compare the shares of the counted cases that are hits."""
        totals = int(counted[0].sum()), int(counted[1].sum())
        if min(totals) == 0:
            return None
        got = [hit[these] for hit, these in zip(hits, counted, strict=True)]
        confidence = self.settings.confidence
        if self.clustered:
            shares = []
            for hit, these, weights in zip(hits, counted, self._weights(), strict=True):
                whole = weights[:, these].sum(axis=1)
                shares.append(weights[:, these] @ hit[these] / np.where(whole > 0, whole, np.nan))
            return self._resampled((float(got[0].mean()), float(got[1].mean())), shares[0] - shares[1], counted)
        if self.paired:
            a, b = got
            table = (int((a & b).sum()), int((a & ~b).sum()), int((~a & b).sum()), int((~a & ~b).sum()))
            return paired_difference(*table, confidence=confidence)
        return unpaired_difference(int(got[0].sum()), totals[0], int(got[1].sum()), totals[1], confidence=confidence)

    def _weights(self) -> tuple[Floats, Floats]:
        resamples, seed = self.settings.resamples, self.settings.seed
        one = resample_weights(self.first.truth, self.first.patients, resamples=resamples, seed=seed)
        if self.paired:
            return one, one
        return one, resample_weights(self.second.truth, self.second.patients, resamples=resamples, seed=seed + 1)

    def _resampled(
        self, values: tuple[float, float], differences: Floats, counted: tuple[Bools, ...]
    ) -> Comparison | None:
        both = zip(counted, (self.first.patients, self.second.patients), strict=True)
        fewest = min(count_patients(these, patients) for these, patients in both)
        found = percentile(values[0] - values[1], differences, patients=fewest, confidence=self.settings.confidence)
        assert found is not None
        return Comparison(*values, found.value, found.low, found.high, None, found.method)


def _found_paired(first: Predictions, second: Predictions) -> bool:
    shared = len(set(first.cases) & set(second.cases))
    if shared == 0:
        return False
    if shared == len(first.cases) == len(second.cases):
        return True
    raise CohortError(
        f"{shared} cases are in both, of {len(first.cases)} and {len(second.cases)}; compare on the same cases, or, if "
        "names are only alike by chance, say that they are unpaired (--unpaired)"
    )


def _matched(first: Predictions, second: Predictions) -> Predictions:
    """Bring the second into the order of the first."""
    place = {case: index for index, case in enumerate(second.cases)}
    if set(place) != set(first.cases):
        raise CohortError("a paired comparison needs the same cases in both; names differ")
    ordered = second.in_order([place[case] for case in first.cases])
    wrong = np.flatnonzero(ordered.truth != first.truth)
    if len(wrong):
        raise CohortError(f"case {first.cases[wrong[0]]} has another truth in the second; need the same in both")
    if first.patients is not None and ordered.patients is not None and first.patients != ordered.patients:
        raise CohortError("the same case has another patient in the second; need the same in both")
    return ordered


def _called(predictions: Predictions, threshold: float | None) -> Bools:
    """Say which classes each case is called, (cases, classes)."""
    scores = predictions.scores
    if predictions.binary:
        positive = scores[:, 1] >= predictions.called_from(threshold)
        return np.stack([~positive, positive], axis=1)
    if threshold is not None:
        return np.asarray(scores >= threshold)
    return np.asarray(scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1]))


def _right(predictions: Predictions, called: Bools) -> Bools:
    answer = called[:, 1] if predictions.binary else predictions.scores.argmax(axis=1)
    return np.asarray(answer == predictions.truth)


def _notes(
    first: Predictions, second: Predictions, paired: bool, clustered: bool, settings: IntervalSettings
) -> tuple[str, ...]:
    notes = [
        "The same cases: DeLong's paired test for AUC, Tango's interval and McNemar's mid-p for proportions."
        if paired
        else "Different cases: DeLong's unpaired test for AUC, Newcombe's interval and Fisher's test for proportions."
    ]
    if clustered:
        notes = [
            f"Patients have several cases: {settings.confidence:.0%} intervals come from resampling patients "
            f"({settings.resamples} resamples, seed {settings.seed}), and there is no p."
        ]
    if not paired:
        both = set(first.patients or ()) & set(second.patients or ())
        if both:
            notes.append(
                f"{len(both)} patients are in both sets: they are not independent, as the unpaired test takes them."
            )
    return tuple(notes)
