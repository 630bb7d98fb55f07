"""Hospitals, classes, a number of patients and a seed in, the list of cases to draw out; nothing is drawn yet."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from zlib import crc32

import numpy as np

from pleura.data.cohort import SPLITS
from pleura.data.synthetic.courses import TEMPO, draw_course, study_days
from pleura.data.synthetic.findings.stage import Stage
from pleura.data.synthetic.scanner.protocol import find_size
from pleura.data.synthetic.scanner.scanners import SCANNERS
from pleura.errors import CohortError
from pleura.settings import CLASSES, LABELS

__all__ = ["PlannedCase", "plan_cohort"]

_HOSPITAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
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
    cases: int,
    hospitals: Sequence[str],
    seed: int,
    size: str = "small",
    classes: Sequence[str] | Mapping[str, int] = CLASSES,
    splits: tuple[float, float, float] = (0.6, 0.2, 0.2),
    studies: int = 1,
) -> list[PlannedCase]:
    """Plan a cohort without drawing it; a longer plan begins with the shorter one.

    Patients go round the hospitals; at each hospital labels go round the classes, then severities 1 to 3 go round.
    Every class of every hospital is split on its own, in an order that keeps close to the shares from the first case
    on: with 0.6, 0.2, 0.2 the order is train, validation, train, test, train, so that four cases a class give a
    hospital all three. All studies of a patient are in one split.

    Parameters
    ----------
    cases : number of patients; each is one case where `studies` is 1
    hospitals : names, of letters, digits, - and _; each has its own scanner, cycled from `SCANNERS`
    seed : from 0; a patient's own seed follows from it, the hospital's name and the number of the patient there
    size : a name in `SIZES`
    classes : which labels, each equally often; or label -> how many of each round of patients bear it
    splits : shares of train, validation and test
    studies : of each patient whose disease has a course; the others have one

    Raises
    ------
    CohortError, RecipeError
        If an argument cannot be used.
    """
    find_size(size)
    mix = dict(classes) if isinstance(classes, Mapping) else dict.fromkeys(classes, 1)
    _check(cases=cases, hospitals=hospitals, seed=seed, splits=splits, studies=studies)
    _check_mix(classes, mix)
    # one round: every label once, then again those that are wanted twice, and so on
    order = [(label, n) for n in range(max(mix.values())) for label, wanted in mix.items() if wanted > n]
    plan = []
    for number in range(cases):
        h, index = number % len(hospitals), number // len(hospitals)
        label, earlier = order[index % len(order)]
        turn = index // len(order) * mix[label] + earlier
        sequence = np.random.SeedSequence(entropy=seed, spawn_key=(crc32(hospitals[h].encode()), index))
        name = f"{hospitals[h]}-{index + 1:04d}"
        only = PlannedCase(
            case=name,
            patient=f"SYN-{name}",
            hospital=hospitals[h],
            label=label,
            severity=0 if label == "healthy" else turn % 3 + 1,
            split=_split(turn, splits),
            seed=int(sequence.generate_state(1)[0]),
            scanner=list(SCANNERS)[h % len(SCANNERS)],
            size=size,
        )
        plan += _series(only, studies)
    return plan


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
    *, cases: int, hospitals: Sequence[str], seed: int, splits: tuple[float, float, float], studies: int
) -> None:
    if cases < 1:
        raise CohortError(f"need at least 1 case, got {cases}")
    if not 0 <= seed < 2**63:
        raise CohortError(f"seed must lie between 0 and 2**63 - 1, got {seed}")
    if isinstance(hospitals, str) or not hospitals or len({name.lower() for name in hospitals}) != len(hospitals):
        raise CohortError(f"need at least one hospital, each named once, got {hospitals!r}")
    for name in hospitals:
        if not _HOSPITAL.fullmatch(name):
            raise CohortError(
                f"hospital {name!r} must be 1 to 32 letters, digits, - or _, and begin with one of the first two"
            )
    if len(splits) != len(SPLITS) or min(splits) < 0 or not isclose(sum(splits), 1.0, abs_tol=1e-9):
        raise CohortError(f"splits must be shares of {', '.join(SPLITS)} that sum to 1, got {splits}")
    if not 1 <= studies <= _MOST_STUDIES:
        raise CohortError(f"studies must be 1 to {_MOST_STUDIES} a patient, got {studies}")


def _check_mix(classes: Sequence[str] | Mapping[str, int], mix: Mapping[str, int]) -> None:
    if isinstance(classes, str) or not mix or len(mix) != len(classes) or not set(mix) <= set(LABELS):
        raise CohortError(f"classes must be some of {', '.join(LABELS)}, each once, got {list(classes)}")
    bad = [f"{label}: {count}" for label, count in mix.items() if not 1 <= count <= 100]
    if bad:
        raise CohortError(f"each class needs 1 to 100 patients a round, got {', '.join(bad)}")


def _split(turn: int, shares: tuple[float, float, float]) -> str:
    """Split of a stratum's patient number `turn`: always the one furthest behind its share."""
    counts = [0, 0, 0]
    for n in range(turn + 1):
        behind = [round(share * (n + 1) - count, 9) for share, count in zip(shares, counts, strict=True)]
        chosen = behind.index(max(behind))
        counts[chosen] += 1
    return SPLITS[chosen]
