"""Reference and later cases in; which of the model's answers have changed, with the chance of a false alarm, out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.comparison.areas import Comparison
from pleura.evaluation.comparison.proportions import unpaired_difference
from pleura.evaluation.drift.cases import WatchedCases, watched_cases
from pleura.evaluation.drift.evidence import evidence_of_fall
from pleura.evaluation.drift.permutation import PermutationTest, joint_test, permuted
from pleura.evaluation.drift.settings import DriftSettings
from pleura.evaluation.drift.statistics import (
    kolmogorov_smirnov,
    mixture,
    running_sum,
    share_difference,
    stability_index,
)
from pleura.evaluation.intervals.proportions import Proportion, wilson
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.site.cases import call_of, number_of
from pleura.evaluation.site.subgroups import levels

__all__ = ["AnswerTest", "DriftReport", "RunningSum", "Share", "TruthWatch", "watch"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """A share of cases, before and now."""

    name: str
    reference: Proportion
    later: Proportion
    change: Comparison
    """Later first, the reference second."""


@dataclass(frozen=True)
class AnswerTest:
    """One way in which the answers may have changed."""

    of: str
    """ "probabilities", "positive answers", "undetermined", or the name of a column."""
    statistic: str
    test: PermutationTest
    alarm: bool


@dataclass(frozen=True, eq=False)
class RunningSum:
    """Page's sums of a share over the later cases."""

    of: str
    up: Floats
    """(later cases,)"""
    down: Floats
    limit: float
    """A sum above it is an alarm."""


@dataclass(frozen=True, eq=False)
class TruthWatch:
    """Sensitivity or specificity of the later cases whose truth is known."""

    measure: str
    promised: float
    share: Share | None
    """None where the reference has no case of the kind with a known truth."""
    later: Proportion
    evidence: Floats
    """(later cases of the kind,), after each of them, that it is below what was promised."""
    alarm_from: float
    """Evidence from which on it is an alarm."""

    @property
    def alarm_at(self) -> int | None:
        """After how many cases of the kind the alarm went off; None: it did not."""
        beyond = np.flatnonzero(self.evidence >= self.alarm_from)
        return int(beyond[0]) + 1 if len(beyond) else None


@dataclass(frozen=True, eq=False)
class DriftReport:
    """What has changed since the reference."""

    condition: str
    call: str
    reference: WatchedCases
    later: WatchedCases
    shares: tuple[Share, ...]
    answers: tuple[AnswerTest, ...]
    sums: tuple[RunningSum, ...]
    truths: tuple[TruthWatch, ...]
    settings: DriftSettings
    notes: tuple[str, ...]

    @property
    def alarms(self) -> tuple[str, ...]:
        """What has changed, in words; empty where no change is shown."""
        changed = dict.fromkeys(one.of for one in self.answers if one.alarm)
        fallen = [f"{one.measure} below {one.promised:g}" for one in self.truths if one.alarm_at is not None]
        return (*changed, *fallen)


def watch(
    reference: Predictions,
    later: Predictions,
    *,
    condition: str | None = None,
    threshold: float | None = None,
    undetermined: str | None = None,
    columns: Sequence[str] = (),
    settings: DriftSettings | None = None,
) -> DriftReport:
    """Hold later cases of a hospital against those of its go-live.

    Parameters
    ----------
    reference, later : probabilities of the same classes; later ones in the order in which they came, and with a truth
        of -1 where it is not known
    condition, threshold : as in `watched_cases`
    undetermined : column that says who got no answer; its probability is looked at like any other
    columns : further ones whose mixture is watched: scanner, kernel, sex
    settings : what was promised, chance of a false alarm

    Raises
    ------
    CohortError
        If the two have other classes, or patients are named in one of them alone; and as `watched_cases`.
    """
    settings = settings or DriftSettings()
    if reference.classes != later.classes or reference.binary != later.binary:
        names = ", ".join(reference.classes), ", ".join(later.classes)
        raise CohortError(f"need the same classes in both tables, got {names[0]} and {names[1]}")
    if (reference.patients is None) != (later.patients is None):
        raise CohortError("one table has a column patient and the other has none; give it in both, or in neither")
    k = number_of(reference, condition)
    known = frozenset(reference.patients or reference.cases)
    first = watched_cases(
        reference, k=k, threshold=threshold, undetermined=undetermined, columns=columns, known=frozenset()
    )
    second = watched_cases(later, k=k, threshold=threshold, undetermined=undetermined, columns=columns, known=known)
    answers, sums = _answers(first, second, settings)
    return DriftReport(
        condition=reference.classes[k],
        call=call_of(reference, k, threshold)[1],
        reference=first,
        later=second,
        shares=tuple(_share(name, *both, settings) for name, both in _flags(first, second).items()),
        answers=answers,
        sums=sums,
        truths=tuple(_truths(first, second, settings)),
        settings=settings,
        notes=tuple(_notes(reference, first, second, settings)),
    )


def _flags(first: WatchedCases, second: WatchedCases) -> dict[str, tuple[Floats, Floats]]:
    found = {"positive answers": (first.called, second.called)}
    if first.undetermined is not None and second.undetermined is not None:
        found["undetermined"] = first.undetermined, second.undetermined
    return {name: (one.astype(np.float64), two.astype(np.float64)) for name, (one, two) in found.items()}


def _answers(
    first: WatchedCases, second: WatchedCases, settings: DriftSettings
) -> tuple[tuple[AnswerTest, ...], tuple[RunningSum, ...]]:
    """Test probabilities, shares and columns together."""
    count = len(first.called)
    orders = permuted(
        count + len(second.called), permutations=settings.permutations, seed=settings.seed
    )  # (orders, cases)
    found: dict[tuple[str, str], Floats] = {}
    values = np.concatenate([first.probability, second.probability])[orders]
    found["probabilities", "Kolmogorov-Smirnov"] = kolmogorov_smirnov(values, count)
    found["probabilities", "stability index"] = stability_index(values, count, bins=settings.bins)
    drawn = {}
    for name, both in _flags(first, second).items():
        flags = np.concatenate(both)[orders]
        found[name, "share"] = share_difference(flags, count)
        up, down = running_sum(flags, count, allowance=settings.change / 2)
        found[name, "running sum"] = np.maximum(up.max(axis=1), down.max(axis=1))
        drawn[name] = up[0], down[0]
    for name in first.columns:
        kinds = levels([*first.columns[name], *second.columns[name]])
        number = {kind: index for index, kind in enumerate(dict.fromkeys(kinds))}
        found[name, "mixture"] = mixture(np.array([number[kind] for kind in kinds])[orders], count)
    tests = joint_test(found, level=settings.level)
    answers = tuple(AnswerTest(of, how, one, one.adjusted <= settings.level) for (of, how), one in tests.items())
    return answers, tuple(
        RunningSum(name, up, down, tests[name, "running sum"].limit) for name, (up, down) in drawn.items()
    )


def _truths(first: WatchedCases, second: WatchedCases, settings: DriftSettings) -> list[TruthWatch]:
    measures = (("sensitivity", 1, settings.sensitivity), ("specificity", 0, settings.specificity))
    found = []
    for measure, kind, promised in measures:
        before, now = ((one.called == kind)[one.truth == kind].astype(np.float64) for one in (first, second))
        if len(now) == 0:
            continue
        found.append(
            TruthWatch(
                measure=measure,
                promised=promised,
                share=_share(measure, before, now, settings) if len(before) else None,
                later=wilson(int(now.sum()), len(now), confidence=settings.confidence),
                evidence=evidence_of_fall(now, promised),
                alarm_from=len(measures) / settings.alpha,
            )
        )
    return found


def _share(name: str, before: Floats, now: Floats, settings: DriftSettings) -> Share:
    counts = int(now.sum()), len(now), int(before.sum()), len(before)
    return Share(
        name,
        wilson(counts[2], counts[3], confidence=settings.confidence),
        wilson(counts[0], counts[1], confidence=settings.confidence),
        unpaired_difference(*counts, confidence=settings.confidence),
    )


def _notes(reference: Predictions, first: WatchedCases, second: WatchedCases, settings: DriftSettings) -> list[str]:
    notes = [
        f"Answers: the chance of a false alarm is {settings.level:.2g} at this look, one of {settings.looks}, for all "
        f"tests together ({settings.permutations} permutations, seed {settings.seed}). Truths: {settings.alpha:g} for "
        "ever, however often one looks. Both hold for independent patients.",
        "An alarm says that something changed: patients, scanners, referral or how the model is used. It does not say "
        "what, nor that the model is wrong; and that no alarm went off does not show that nothing changed.",
    ]
    if reference.patients is None:
        notes.append("There is no column patient: every case is taken for a patient of its own.")
    if first.left_out or second.left_out:
        notes.append(
            f"Each patient counts once: {first.left_out} further cases of the reference, and {second.left_out} later "
            "ones of patients who were there before, are left out."
        )
    unknown = int((second.truth < 0).sum())
    if 0 < unknown < len(second.truth):
        notes.append(
            f"The truth is known of {len(second.truth) - unknown} of {len(second.truth)} later cases. Sensitivity and "
            "specificity are right only if whether it was found out did not depend on the model's answer."
        )
    return notes
