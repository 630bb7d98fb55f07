"""Readings and settings in; everything that a reader study has to say out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError, RecipeError
from pleura.evaluation.readers.contrasts import (
    Contrast,
    between_conditions,
    between_tiers,
    mean_by_moments,
    means,
    program_against_each,
    program_against_mean,
)
from pleura.evaluation.readers.mrmc.merits import COVARIANCES, MERITS
from pleura.evaluation.readers.mrmc.obuchowski_rockette import Components
from pleura.evaluation.readers.points import ReaderPoint, VotePoint, calls_of, majority, reader_points
from pleura.evaluation.readers.readings import Readings
from pleura.evaluation.readers.times.compare import TimeResult, compare_times

__all__ = ["GroupMean", "StudyResult", "StudySettings", "evaluate_readings"]

Floats = npt.NDArray[np.float64]
EVERYONE = "all readers"


@dataclass(frozen=True, kw_only=True)
class StudySettings:
    """How a reader study is evaluated."""

    program: str | None = None
    """Name of the reader that is a program; None where all are people."""
    threshold: float | None = None
    """Scores of at least this are calls; not needed where readers gave answers."""
    covariance: str = "delong"
    """"delong" or "jackknife", where every reader has read every case; else the unbiased one is taken."""
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.covariance not in COVARIANCES:
            raise RecipeError(f'need a covariance {" or ".join(COVARIANCES)}, got "{self.covariance}"')
        if not 0 < self.confidence < 1:
            raise RecipeError(f"need a confidence between 0 and 1, got {self.confidence}")


@dataclass(frozen=True)
class GroupMean:
    """Mean of some readers under a condition."""

    group: str
    """A tier, or "all readers"."""
    readers: int
    mean: Contrast
    """Its name is the condition."""


@dataclass(frozen=True)
class StudyResult:
    """A reader study, evaluated."""

    conditions: tuple[str, ...]
    readers: tuple[str, ...]
    tiers: tuple[str, ...]
    """Names of the tiers; empty where there are fewer than two."""
    positives: int
    negatives: int
    complete: bool
    """Whether every reader, and the program, has read every case under every condition that people read under."""
    simulated: bool
    settings: StudySettings
    covariance: str
    """Of the figures of merit, as used."""
    points: tuple[ReaderPoint, ...]
    program: ReaderPoint | None
    means: tuple[GroupMean, ...]
    votes: tuple[VotePoint, ...]
    tests: tuple[Contrast, ...]
    """That all conditions are equal: value is F or chi-square, df the denominator's."""
    between_conditions: tuple[Contrast, ...]
    between_tiers: tuple[Contrast, ...]
    against_mean: tuple[Contrast, ...]
    against_each: tuple[Contrast, ...]
    components: dict[str, Components]
    """Of each figure of merit, where conditions can be compared; for planning."""
    times: TimeResult | None
    notes: tuple[str, ...]


def evaluate_readings(readings: Readings, settings: StudySettings | None = None) -> StudyResult:
    """Evaluate a reader study: each reader, tiers, votes, conditions, a program beside them, and times.

    Parameters
    ----------
    readings : of two people or more
    settings : the defaults if None

    Raises
    ------
    CohortError
        If there are fewer than two people, no such program, or it has read under several conditions.
    """
    settings = settings or StudySettings()
    people, program = _apart(readings, settings)
    calls = calls_of(people, settings.threshold)
    alone = None if program is None else calls_of(program, settings.threshold)
    merits = MERITS if calls is not None and (program is None or alone is not None) else MERITS[:1]
    gaps = np.isnan(people.scores).any() or (program is not None and np.isnan(program.scores).any())
    kind = "unbiased" if gaps else settings.covariance
    groups = _groups(people)
    found = _Found()
    for merit in merits:
        try:
            _one_merit(found, people, program, merit, groups, kind, settings)
        except ValueError as error:
            raise CohortError(f"cannot evaluate {merit}: {error}") from error
    return StudyResult(
        conditions=people.conditions,
        readers=people.readers,
        tiers=tuple(groups)[1:],
        positives=int(people.positive.sum()),
        negatives=int((~people.positive).sum()),
        complete=not gaps,
        simulated=readings.simulated,
        settings=settings,
        covariance=kind,
        points=tuple(reader_points(people, calls, confidence=settings.confidence)),
        program=None if program is None else reader_points(program, alone, confidence=settings.confidence)[0],
        means=tuple(found.means),
        votes=() if calls is None else tuple(_votes(people, calls, groups, settings.confidence)),
        tests=tuple(found.tests),
        between_conditions=tuple(found.conditions),
        between_tiers=tuple(found.tiers),
        against_mean=tuple(found.against_mean),
        against_each=tuple(found.against_each),
        components=found.components,
        times=_times(people, program, settings),
        notes=tuple(_notes(people, program, calls, kind, settings)),
    )


class _Found:
    """What one figure of merit after another adds to."""

    def __init__(self) -> None:
        self.means: list[GroupMean] = []
        self.tests: list[Contrast] = []
        self.conditions: list[Contrast] = []
        self.tiers: list[Contrast] = []
        self.against_mean: list[Contrast] = []
        self.against_each: list[Contrast] = []
        self.components: dict[str, Components] = {}


def _apart(readings: Readings, settings: StudySettings) -> tuple[Readings, Readings | None]:
    names = [name for name in readings.readers if name != settings.program]
    if settings.program is not None and settings.program not in readings.readers:
        raise CohortError(f"no reader is named {settings.program}; there are {', '.join(readings.readers)}")
    if len(names) < 2:
        raise CohortError(f"need two readers or more beside the program, got {len(names)}; one is no reader study")
    people = readings.of_readers(names)
    if settings.program is None:
        return people, None
    program = readings.of_readers([settings.program])
    if len(program.conditions) > 1:
        raise CohortError(
            f"the program {settings.program} stands under {len(program.conditions)} conditions; keep one of them"
        )
    return people, program


def _groups(people: Readings) -> dict[str, list[int]]:
    """Give indices of all readers, then of each tier where there are two tiers or more."""
    found = {EVERYONE: list(range(len(people.readers)))}
    tiers = dict.fromkeys(people.tiers or ())
    if len(tiers) > 1:
        found |= {name: [k for k, tier in enumerate(people.tiers or ()) if tier == name] for name in tiers}
    return found


def _one_merit(
    found: _Found,
    people: Readings,
    program: Readings | None,
    merit: str,
    groups: dict[str, list[int]],
    kind: str,
    settings: StudySettings,
) -> None:
    confidence, names = settings.confidence, people.conditions
    values = _values(people, merit, settings)
    study = values, people.positive, merit
    for group, chosen in groups.items():
        some = values[:, chosen]
        enough = np.flatnonzero((~np.isnan(some).all(axis=-1)).sum(axis=1) > 1)
        if not len(enough):
            continue
        part = some[enough], people.positive, merit
        labels = [names[k] for k in enough.tolist()]
        for one in means(part, labels, kind, confidence) + mean_by_moments(part, labels, confidence):
            readers = int((~np.isnan(some[names.index(one.name)]).all(axis=-1)).sum())
            found.means.append(GroupMean(group, readers, one))
    if len(names) > 1:
        differences, tests, parts = between_conditions(study, names, kind, confidence)
        found.conditions += differences
        found.tests += tests
        if parts is not None:
            found.components[merit] = parts
    if len(groups) > 1:
        found.tiers += between_tiers(study, names, people.tiers or (), confidence)
    if program is not None:
        alone = _values(program, merit, settings)[0, 0]
        found.against_mean += program_against_mean(study, alone, names, kind, confidence)
        found.against_each += program_against_each(study, alone, names, people.readers, confidence)


def _values(readings: Readings, merit: str, settings: StudySettings) -> Floats:
    calls = calls_of(readings, settings.threshold)
    if merit == "auc" or calls is None:
        return readings.scores
    return calls


def _votes(people: Readings, calls: Floats, groups: dict[str, list[int]], confidence: float) -> list[VotePoint]:
    return [
        vote
        for group, chosen in groups.items()
        for vote in majority(people, calls, group, chosen, confidence=confidence)
    ]


def _times(people: Readings, program: Readings | None, settings: StudySettings) -> TimeResult | None:
    if people.seconds is None or np.isnan(people.seconds).all():
        return None
    timed = program is not None and program.seconds is not None and not np.isnan(program.seconds).all()
    return compare_times(people, program if timed else None, confidence=settings.confidence)


def _notes(
    people: Readings, program: Readings | None, calls: Floats | None, kind: str, settings: StudySettings
) -> list[str]:
    notes = []
    if calls is None:
        notes.append("Readers gave scores, and no threshold is set: there is no sensitivity and no specificity.")
    elif people.calls is None:
        notes.append(f"A score of {settings.threshold:g} or more is a call.")
    if set(np.unique(people.scores[people.read]).tolist()) <= {0.0, 1.0}:
        notes.append("Scores are 0 and 1: an AUC is then the mean of sensitivity and specificity.")
    if kind == "unbiased":
        notes.append(
            "Not every reader has read every case: covariances are estimated without bias from the cases that readers "
            "share, and U-statistics count readers by what they have read."
        )
    if len(people.readers) < 5:
        notes.append(f"{len(people.readers)} readers are few to speak for all readers; intervals are wide for it.")
    if program is not None:
        notes.append("The program's p-values against each reader are not adjusted for the number of readers.")
    return notes
