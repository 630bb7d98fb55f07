"""A repeated cross-validation in; each answer's AUC with an honest interval, and what fusion adds, out.

The answers of all runs on a case are averaged, and the interval is over patients: each patient is in it once, however
many runs there were. The runs share all patients; their spread says how the result moves with the dealing of the folds,
and nothing of how few patients there are. So it stands apart, and is no interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from pleura.evaluation.comparison.areas import Comparison, delong_paired
from pleura.evaluation.comparison.multiplicity import holm
from pleura.evaluation.intervals.bootstrap import count_patients, repeats, resample_weights
from pleura.evaluation.intervals.delong import auc_interval
from pleura.evaluation.intervals.estimate import Estimate, percentile
from pleura.evaluation.intervals.runs import Runs, over_runs
from pleura.evaluation.roc import auc, weighted_auc
from pleura.models.clinical_svm.fusion import RULES
from pleura.training.clinical.cross_validate import CT, ClinicalRuns, fused, machine
from pleura.training.clinical.gaps import GapCheck, check_gaps

__all__ = ["AnswerResult", "ClinicalResult", "Versus", "assess_clinical"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class AnswerResult:
    """One answer's area under the curve."""

    name: str
    auc: Estimate
    """Of the mean over runs; DeLong's interval on the logit scale, or that of resampled patients where one has several
    cases."""
    resampled: Estimate | None
    """The same with the interval from resampling patients within diseases."""
    runs: tuple[float, ...]
    """Of each run."""

    @property
    def over_runs(self) -> Runs:
        """Mean and deviation over runs; its interval is not to be read as one over patients."""
        return over_runs(self.runs)


@dataclass(frozen=True)
class Versus:
    """A fused answer against one of its parts."""

    first: str
    second: str
    found: Comparison
    adjusted_p: float | None
    """By Holm's method, over all comparisons of the result; None where there is no p."""


@dataclass(frozen=True, eq=False)
class ClinicalResult:
    """What the cross-validation amounts to."""

    runs: ClinicalRuns
    judged: Bools
    """(cases,), those that all answers are there for."""
    mean: dict[str, Floats]
    """Answer -> (judged cases,), mean probability over runs."""
    answers: tuple[AnswerResult, ...]
    versus: tuple[Versus, ...]
    gaps: GapCheck
    """What the mere pattern of missing values tells."""
    notes: tuple[str, ...]
    """Sentences that belong beside the numbers."""

    @property
    def positive(self) -> Bools:
        """(judged cases,)."""
        return self.runs.cases.positive[self.judged]

    def answer(self, name: str) -> AnswerResult:
        """Find an answer; KeyError if there is none of that name."""
        for one in self.answers:
            if one.name == name:
                return one
        raise KeyError(name)

    @property
    def final(self) -> str:
        """Name of the answer that the recipe's final model gives."""
        recipe = self.runs.recipe
        return machine(recipe.kernel) if self.runs.cases.ct is None else fused(recipe.kernel, recipe.fusion)


def assess_clinical(
    runs: ClinicalRuns, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> ClinicalResult:
    """Sum up a repeated cross-validation.

    Parameters
    ----------
    runs : of `cross_validate_clinical`
    confidence : of intervals
    resamples, seed : of the bootstrap over patients
    """
    cases = runs.cases
    judged = np.ones(len(cases.positive), dtype=bool) if cases.ct is None else cases.with_ct
    positive = cases.positive[judged]
    patients = [name for name, there in zip(cases.patients, judged.tolist(), strict=True) if there]
    mean = {name: scores[:, judged].mean(axis=0) for name, scores in runs.scores.items()}
    weights = resample_weights(positive.astype(np.int64), patients, resamples=resamples, seed=seed)
    smallest = min(count_patients(side, patients) for side in (positive, ~positive))
    areas = {name: weighted_auc(positive, scores, weights) for name, scores in mean.items()}
    answers = []
    for name, scores in mean.items():
        resampled = percentile(auc(positive, scores), areas[name], patients=smallest, confidence=confidence)
        clustered = resampled is not None and repeats(patients)
        answers.append(
            AnswerResult(
                name=name,
                auc=resampled if clustered and resampled else auc_interval(positive, scores, confidence=confidence),
                resampled=resampled,
                runs=tuple(auc(positive, one[judged]) for one in runs.scores[name]),
            )
        )
    gaps = check_gaps(cases, runs.fold[0], resamples=resamples, seed=seed)
    return ClinicalResult(
        runs=runs,
        judged=judged,
        mean=mean,
        answers=tuple(answers),
        versus=_versus(runs, positive, mean, areas, patients, smallest, confidence),
        gaps=gaps,
        notes=(*_notes(runs, patients, confidence, resamples), *_about_gaps(gaps, flagged=runs.recipe.flag_missing)),
    )


def _versus(
    runs: ClinicalRuns,
    positive: Bools,
    mean: dict[str, Floats],
    areas: dict[str, Floats],
    patients: Sequence[str],
    smallest: int,
    confidence: float,
) -> tuple[Versus, ...]:
    """Compare each fused answer with the CT's, then with its machine's."""
    if runs.cases.ct is None:
        return ()
    pairs = [(fused(kernel, rule), CT) for rule, kernel in product(RULES, runs.recipe.kernels)]
    pairs += [(fused(kernel, rule), machine(kernel)) for rule, kernel in product(RULES, runs.recipe.kernels)]
    found = []
    for first, second in pairs:
        if repeats(patients):
            a, b = auc(positive, mean[first]), auc(positive, mean[second])
            ends = percentile(a - b, areas[first] - areas[second], patients=smallest, confidence=confidence)
            low, high = (None, None) if ends is None else (ends.low, ends.high)
            found.append(Comparison(a, b, a - b, low, high, None, "bootstrap-paired"))
        else:
            found.append(delong_paired(positive, mean[first], mean[second], confidence=confidence))
    with_p = [place for place, one in enumerate(found) if one.p is not None]
    adjusted = dict(zip(with_p, holm([found[place].p or 0.0 for place in with_p]), strict=True))
    return tuple(
        Versus(first, second, one, adjusted.get(place))
        for place, ((first, second), one) in enumerate(zip(pairs, found, strict=True))
    )


def _notes(runs: ClinicalRuns, patients: Sequence[str], confidence: float, resamples: int) -> tuple[str, ...]:
    folds, recipe = runs.recipe.folds, runs.recipe
    people = len(set(patients))
    kind = "resampled patients" if repeats(patients) else "DeLong on the logit scale"
    notes = [
        f"{folds.repeats} x {folds.outer}-fold cross-validation by patient, settings and calibration from "
        f"{folds.inner} inner folds, seed {recipe.seed}. Every probability is by models that were not fitted on the "
        "patient.",
        f"{confidence:.0%} intervals are over {people} patients ({kind}, on the mean over runs; resampled: {resamples} "
        "times within diseases). They hold for these models' answers; that other training patients would have given "
        "other models is not in them. The spread over runs is no interval: all runs share all patients.",
    ]
    if folds.repeats > 1:
        notes.append(
            "The mean over runs is the answer of several models together, which may be a little better than one; each "
            "run by itself stands beside it."
        )
    if runs.cases.table.patients is None:
        notes.append("The table names no patients: every row is taken for a patient of its own.")
    if runs.cases.table.dropped:
        count = len(runs.cases.table.dropped)
        notes.append(f"{count} impossible values were taken for missing, such as {runs.cases.table.dropped[0]}.")
    return (*notes, *runs.cases.notes)


def _about_gaps(gaps: GapCheck, *, flagged: bool) -> tuple[str, ...]:
    if gaps.auc is None:
        return ()
    told = "The machines are told which values are missing." if flagged else "Gaps are filled and not flagged."
    alone = f"{told} Which values are missing, and nothing else, tells the diseases apart with an AUC of {gaps.auc}."
    if not gaps.suspicious:
        return (alone,)
    worst = max(gaps.shares, key=lambda name: abs(gaps.shares[name][0] - gaps.shares[name][1]))
    ill, other = gaps.shares[worst]
    return (
        f"WARNING: {alone} {worst} is missing in {ill:.0%} of the one and {other:.0%} of the other. If the sources of "
        "the cases differ in what they report, the results are about sources, not about patients: judge patients who "
        "have all of a few features that both groups have.",
    )
