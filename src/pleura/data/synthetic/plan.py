"""Hospitals and a seed in, the list of cases to draw out; nothing is drawn yet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isclose
from zlib import crc32

import numpy as np

from pleura.data.cohort import SPLITS
from pleura.data.synthetic.courses import TEMPO, draw_course, study_days
from pleura.data.synthetic.findings.stage import Stage
from pleura.data.synthetic.hospitals import SyntheticHospital
from pleura.data.synthetic.scanner.protocol import find_size
from pleura.errors import CohortError

__all__ = ["PlannedCase", "plan_cohort"]

_MOST_STUDIES = 30


@dataclass(frozen=True, kw_only=True)
class PlannedCase:
    """One case before it is drawn."""

    case: str
    patient: str
    hospital: str
    label: str
    severity: int
    """Of the patient's disease at its usual extent."""
    split: str
    seed: int
    """The patient's: all studies of one share it."""
    scanner: str
    size: str
    course: str | None = None
    """How the disease goes on, for a patient with several studies."""
    stage: Stage | None = None
    """The disease on the day of this study; None draws it at its usual extent."""


def plan_cohort(
    *,
    hospitals: Sequence[SyntheticHospital],
    seed: int,
    size: str = "small",
    splits: tuple[float, float, float] = (0.6, 0.2, 0.2),
    studies: int = 1,
) -> list[PlannedCase]:
    """Plan a cohort without drawing it; with more patients a hospital's plan begins with that of fewer.

    The plan goes round the hospitals, a patient each, until all have theirs; at each hospital labels go round its
    classes. Every class of every hospital is split on its own, in an order that keeps close to the shares from the
    first case on: with 0.6, 0.2, 0.2 the order is train, validation, train, test, train, so that four cases a class
    give a hospital all three. Severities 1 to 3 then go round in each split on its own, beginning with 1, 2 and 3, so
    that no shares can put the mild cases into one split and the severe ones into another. All studies of a patient
    are in one split.

    Parameters
    ----------
    hospitals : each named once
    seed : from 0; a patient's own seed follows from it, the hospital's name and the number of the patient there
    size : a name in `SIZES`
    splits : shares of train, validation and test
    studies : of each patient whose disease has a course; the others have one

    Raises
    ------
    CohortError, RecipeError
        If an argument cannot be used.
    """
    find_size(size)
    _check(hospitals=hospitals, seed=seed, splits=splits, studies=studies)
    rounds = {hospital.name: list(_round(hospital)) for hospital in hospitals}
    plan = []
    for index in range(max(hospital.patients for hospital in hospitals)):
        for hospital in hospitals:
            if index < hospital.patients:
                plan += _series(_patient(hospital, rounds[hospital.name], index, seed, size, splits), studies)
    return plan


def _patient(
    hospital: SyntheticHospital,
    order: Sequence[tuple[str, int]],
    index: int,
    seed: int,
    size: str,
    splits: tuple[float, float, float],
) -> PlannedCase:
    """Plan patient number `index` of a hospital whose rounds of patients are as `order` says."""
    label, earlier = order[index % len(order)]
    turn = index // len(order) * hospital.classes[label] + earlier
    split, earlier_there = _split(turn, splits)
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(crc32(hospital.name.encode()), index))
    name = f"{hospital.name}-{index + 1:04d}"
    return PlannedCase(
        case=name,
        patient=f"SYN-{name}",
        hospital=hospital.name,
        label=label,
        severity=0 if label == "healthy" else (split + earlier_there) % 3 + 1,
        split=SPLITS[split],
        seed=int(sequence.generate_state(1)[0]),
        scanner=hospital.scanner,
        size=size,
    )


def _round(hospital: SyntheticHospital) -> Iterator[tuple[str, int]]:
    """Give the labels of one round of patients: each once, then again those that are wanted twice, and so on."""
    for earlier in range(max(hospital.classes.values())):
        for label, wanted in hospital.classes.items():
            if wanted > earlier:
                yield label, earlier


def _series(only: PlannedCase, studies: int) -> list[PlannedCase]:
    """Give the studies of one patient, named by the day."""
    if studies == 1 or only.label not in TEMPO:
        return [only]
    course = draw_course(only.seed, only.label, only.severity)
    named = {day: f"{only.case}-d{day:03d}" for day in study_days(only.seed, only.label, studies)}
    shared = {key: value for key, value in vars(only).items() if key not in ("case", "course", "stage")}
    return [
        PlannedCase(case=name, course=course.name, stage=course.stage(day), **shared) for day, name in named.items()
    ]


def _check(
    *, hospitals: Sequence[SyntheticHospital], seed: int, splits: tuple[float, float, float], studies: int
) -> None:
    if not 0 <= seed < 2**63:
        raise CohortError(f"seed must lie between 0 and 2**63 - 1, got {seed}")
    names = [hospital.name for hospital in hospitals]
    if not names or len({name.lower() for name in names}) != len(names):
        raise CohortError(f"need at least one hospital, each named once, got {names!r}")
    if len(splits) != len(SPLITS) or min(splits) < 0 or not isclose(sum(splits), 1.0, abs_tol=1e-9):
        raise CohortError(f"splits must be shares of {', '.join(SPLITS)} that sum to 1, got {splits}")
    if not 1 <= studies <= _MOST_STUDIES:
        raise CohortError(f"studies must be 1 to {_MOST_STUDIES} a patient, got {studies}")


def _split(turn: int, shares: tuple[float, float, float]) -> tuple[int, int]:
    """Split of a stratum's patient number `turn`, always the one furthest behind its share; how many it has already."""
    counts = [0, 0, 0]
    for n in range(turn + 1):
        behind = [round(share * (n + 1) - count, 9) for share, count in zip(shares, counts, strict=True)]
        chosen = behind.index(max(behind))
        counts[chosen] += 1
    return chosen, counts[chosen] - 1
