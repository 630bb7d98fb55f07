"""A hospital's cases and their columns in; each subgroup against the rest, with the number of tests considered, out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from re import split

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from pleura.evaluation.classification import ClassResult, evaluate_answers
from pleura.evaluation.comparison.areas import Comparison, delong_unpaired
from pleura.evaluation.comparison.multiplicity import holm
from pleura.evaluation.comparison.proportions import unpaired_difference
from pleura.evaluation.intervals.bootstrap import repeats, resample_weights
from pleura.evaluation.planning.detectable import detectable_drop
from pleura.evaluation.roc import auc, weighted_auc
from pleura.evaluation.site.cases import SiteCases
from pleura.evaluation.site.settings import SiteSettings

__all__ = ["MEASURES", "Subgroup", "SubgroupTest", "Subgroups", "compare_subgroups", "levels"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

MEASURES = ("sensitivity", "specificity", "AUC")
UNKNOWN = "(unknown)"
MANY = 6
"""Different numbers in a column beyond which it is halved at the median."""


@dataclass(frozen=True)
class SubgroupTest:
    """A subgroup against the rest of the cases, in one measure."""

    measure: str
    comparison: Comparison
    """Subgroup first, the rest second."""
    adjusted: float | None
    """p by Holm's method, for all tests of all subgroups together."""
    detectable: float | None
    """Smallest drop below the rest that would probably be found with these sizes and so many tests; None where none
    would, and for the AUC."""


@dataclass(frozen=True)
class Subgroup:
    """The cases of one value of a column."""

    column: str
    level: str
    cases: int
    result: ClassResult
    tests: tuple[SubgroupTest, ...]
    """Empty where it is too small, or the mirror image of the column's other half."""
    too_small: bool
    """Whether no measure has enough cases to be compared."""


@dataclass(frozen=True)
class Subgroups:
    """All subgroups of all columns."""

    groups: tuple[Subgroup, ...]
    tests: int
    """How many comparisons were made."""
    few: int
    """Cases of a kind that a comparison needs on both sides."""

    @property
    def differing(self) -> tuple[tuple[Subgroup, SubgroupTest], ...]:
        """Give those that differ from the rest, all tests considered, at an adjusted p below 0.05."""
        return tuple(
            (group, test)
            for group in self.groups
            for test in group.tests
            if test.adjusted is not None and test.adjusted < 0.05
        )


def levels(values: Sequence[str]) -> list[str]:
    """Name each case's subgroup: its value; for a column of many different numbers the half it is in.

    Parameters
    ----------
    values : (cases,); empty ones are named (unknown)

    Examples
    --------
    >>> levels(["41", "52", "63", "70", "38", "80", "66"])
    ['up to 63', 'up to 63', 'up to 63', 'above 63', 'up to 63', 'above 63', 'above 63']
    """
    numbers = [_number(text) for text in values]
    known = [one for one in numbers if one is not None]
    filled = sum(1 for text in values if text)
    if len(known) == filled and len(set(known)) > MANY:
        middle = float(np.median(known))
        return [UNKNOWN if x is None else f"{'up to' if x <= middle else 'above'} {middle:g}" for x in numbers]
    return [text or UNKNOWN for text in values]


def compare_subgroups(
    cases: SiteCases, columns: Sequence[str], settings: SiteSettings, *, called: Bools | None = None
) -> Subgroups:
    """Judge every value of every column, and compare it with all other cases.

    A column of two values is one comparison, not two. Comparisons are made where both sides have enough cases of the
    kind; where a patient has several cases, by resampling patients.

    Parameters
    ----------
    cases : the hospital's
    columns : among the columns of the cases
    settings : few and intervals are used
    called : (cases,), who is called positive; as now by default
    """
    called = cases.called if called is None else called
    groups, raw = [], []
    for column in columns:
        names = levels(cases.columns[column])
        known = sorted(set(names), key=lambda name: (name == UNKNOWN, name.startswith("above "), _natural(name)))
        for index, level in enumerate(known):
            inside = np.array([one == level for one in names])
            result = _result(cases, called, inside, settings)
            mirrored = len(known) == 2 and index == 1
            found = {} if len(known) < 2 else _comparisons(cases, called, inside, settings)
            tests = () if mirrored else tuple(found.items())
            groups.append((column, level, inside, result, tests, len(known) > 1 and not found))
            raw += [one.p for _, one in tests if one.p is not None]
    adjusted = iter(holm(raw))
    made = []
    for column, level, inside, result, tests, too_small in groups:
        finished = tuple(
            SubgroupTest(
                measure,
                one,
                None if one.p is None else next(adjusted),
                _detectable(measure, one, cases.positive, inside, max(1, len(raw))),
            )
            for measure, one in tests
        )
        made.append(Subgroup(column, level, int(inside.sum()), result, finished, too_small))
    return Subgroups(tuple(made), len(raw), settings.few)


def _result(cases: SiteCases, called: Bools, inside: Bools, settings: SiteSettings) -> ClassResult:
    p = cases.probability[inside]
    drawn = min(settings.intervals.resamples, 500) if repeats(cases.patients) else 100  # else for numbers not shown
    found = evaluate_answers(
        cases.positive[inside].astype(np.int64),
        called[inside].astype(np.int64),
        ("other", cases.condition),
        scores=np.stack([-p, p], axis=1),
        patients=None if cases.patients is None else [cases.patients[i] for i in np.flatnonzero(inside).tolist()],
        settings=replace(settings.intervals, resamples=drawn),
    )
    return found.classes[1]


def _comparisons(cases: SiteCases, called: Bools, inside: Bools, settings: SiteSettings) -> dict[str, Comparison]:
    """Give the comparisons for which there are enough cases on both sides."""
    positive, p = cases.positive, cases.probability
    sizes = {(a, b): int(((positive == a) & (inside == b)).sum()) for a in (True, False) for b in (True, False)}
    enough = {kind: min(sizes[kind, True], sizes[kind, False]) >= settings.few for kind in (True, False)}
    if repeats(cases.patients):
        return _resampled(cases, called, inside, settings, enough)
    confidence = settings.intervals.confidence
    found = {}
    for measure, kind, hit in (("sensitivity", True, called), ("specificity", False, ~called)):
        if enough[kind]:
            these, others = (positive == kind) & inside, (positive == kind) & ~inside
            counts = (int(hit[these].sum()), int(these.sum()), int(hit[others].sum()), int(others.sum()))
            found[measure] = unpaired_difference(*counts, confidence=confidence)
    if all(enough.values()):
        found["AUC"] = delong_unpaired(
            (positive[inside], p[inside]), (positive[~inside], p[~inside]), confidence=confidence
        )
    return found


def _resampled(
    cases: SiteCases, called: Bools, inside: Bools, settings: SiteSettings, enough: dict[bool, bool]
) -> dict[str, Comparison]:
    """Compare by resampling patients, who may have cases on both sides; p from the normal distribution."""
    intervals = settings.intervals
    weights = resample_weights(
        cases.positive.astype(np.int64), cases.patients, resamples=intervals.resamples, seed=intervals.seed
    )
    once = np.ones((1, len(called)))
    found = {}
    for measure, kinds in (("sensitivity", (True,)), ("specificity", (False,)), ("AUC", (True, False))):
        if all(enough[kind] for kind in kinds):
            value = [_measure(measure, cases, called, side, once)[0] for side in (inside, ~inside)]
            drawn = _measure(measure, cases, called, inside, weights) - _measure(
                measure, cases, called, ~inside, weights
            )
            drawn = drawn[~np.isnan(drawn)]
            difference, error = float(value[0] - value[1]), float(drawn.std(ddof=1)) if len(drawn) > 1 else 0.0
            ends = (1 - intervals.confidence) / 2
            low, high = np.quantile(drawn, [ends, 1 - ends]) if error > 0 else (None, None)
            found[measure] = Comparison(
                float(value[0]),
                float(value[1]),
                difference,
                None if low is None else float(low),
                None if high is None else float(high),
                2 * float(norm.sf(abs(difference) / error)) if error > 0 else None,
                "bootstrap",
            )
    return found


def _measure(measure: str, cases: SiteCases, called: Bools, side: Bools, weights: Floats) -> Floats:
    if measure == "AUC":
        positive, p = cases.positive[side], cases.probability[side]
        return np.array([auc(positive, p)]) if len(weights) == 1 else weighted_auc(positive, p, weights[:, side])
    kind = measure == "sensitivity"
    these = side & (cases.positive == kind)
    whole = weights[:, these].sum(axis=1)
    return np.asarray(weights[:, these] @ (called[these] == kind) / np.where(whole > 0, whole, np.nan))


def _detectable(measure: str, found: Comparison, positive: Bools, inside: Bools, tests: int) -> float | None:
    if measure == "AUC":
        return None
    kind = positive == (measure == "sensitivity")
    return detectable_drop(found.second, int((kind & inside).sum()), int((kind & ~inside).sum()), alpha=0.05 / tests)


def _natural(name: str) -> list[tuple[int, str]]:
    """Give what sorts "B2" before "B10"."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in split(r"(\d+)", name)]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
