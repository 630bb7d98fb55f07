"""Readings with their seconds in; how long readers take, and ratios between conditions and tiers, out."""

from dataclasses import dataclass
from math import exp, isnan, log

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from pleura.errors import CohortError
from pleura.evaluation.readers.readings import Readings
from pleura.evaluation.readers.times.mixed_model import Fit, contrast_df, fit_reml

__all__ = ["Ratio", "TimeResult", "TimeSummary", "compare_times"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TimeSummary:
    """Reading times of one condition and group of readers, in seconds."""

    condition: str
    group: str
    """A tier, or "all readers"."""
    readings: int
    mean: float
    deviation: float | None
    """Standard deviation; None of a single reading."""
    geometric_mean: float


@dataclass(frozen=True)
class Ratio:
    """How many times as long one takes as the other, with its interval."""

    name: str
    value: float
    low: float
    high: float
    df: float
    p: float


@dataclass(frozen=True)
class TimeResult:
    """Reading times, compared."""

    summaries: tuple[TimeSummary, ...]
    variances: dict[str, float]
    """Components of the logarithm's variance: reader, case, what they make of conditions, rest."""
    conditions: tuple[Ratio, ...]
    tiers: tuple[Ratio, ...]
    program: tuple[Ratio, ...]
    """Readers over the program, under each condition."""


def compare_times(people: Readings, program: Readings | None = None, *, confidence: float = 0.95) -> TimeResult:
    """Compare reading times by a mixed model of their logarithm.

    Conditions and tiers are fixed effects. Readers and cases are random, crossed, with random effects of readers by
    conditions, cases by conditions and readers by cases as far as the data can tell them apart; fitted by restricted
    maximum likelihood, tested by Student's t on Satterthwaite's degrees of freedom. So a ratio between conditions is
    measured by how it varies over readers and over cases, not over single readings.

    Parameters
    ----------
    people : with seconds for some readings or all
    program : of the same cases, with seconds, one reader under one condition
    confidence : of the intervals

    Raises
    ------
    CohortError
        If there are too few times.
    """
    if people.seconds is None or np.isnan(people.seconds).all():
        raise CohortError("there are no reading times; need a column seconds")
    condition, reader, case = (index.astype(np.int64) for index in np.nonzero(~np.isnan(people.seconds)))
    logs = np.log(people.seconds[condition, reader, case])
    used = np.unique(condition)
    place = np.searchsorted(used, condition)
    tier_names, tier = _tiers(people)
    design = np.concatenate([np.eye(len(used))[place], _tier_columns(tier[reader], len(tier_names))], axis=1)
    groupings = _groupings(place, reader, case)
    fit = fit_reml(logs, design, list(groupings.values()))
    columns = design.shape[1]
    names = [people.conditions[index] for index in used.tolist()]
    conditions = [
        _ratio(f"{names[a]} / {names[b]}", fit, _unit(columns, a) - _unit(columns, b), confidence)
        for a in range(len(names))
        for b in range(a + 1, len(names))
    ]
    offsets = [np.zeros(columns), *(_unit(columns, len(names) + k) for k in range(len(tier_names) - 1))]
    tiers = [
        _ratio(f"{tier_names[a]} / {tier_names[b]}", fit, offsets[a] - offsets[b], confidence)
        for a in range(len(tier_names))
        for b in range(a + 1, len(tier_names))
    ]
    return TimeResult(
        summaries=tuple(_summaries(people, tier_names, tier)),
        variances=dict(zip((*groupings, "rest"), fit.variances.tolist(), strict=True)),
        conditions=tuple(conditions),
        tiers=tuple(tiers),
        program=() if program is None else tuple(_against(people, program, confidence)),
    )


def _tiers(people: Readings) -> tuple[list[str], Ints]:
    names = list(dict.fromkeys(people.tiers or ()))
    if len(names) < 2:
        return [], np.zeros(len(people.readers), dtype=np.int64)
    return names, np.array([names.index(name) for name in people.tiers or ()], dtype=np.int64)


def _tier_columns(tier: Ints, many: int) -> Floats:
    """Make one column a tier but the first, centred, so that conditions keep their meaning."""
    columns = np.eye(max(many, 1))[tier][:, 1:]
    return np.asarray(columns - columns.mean(axis=0))


def _unit(columns: int, index: int) -> Floats:
    return np.asarray(np.eye(columns)[index])


def _groupings(condition: Ints, reader: Ints, case: Ints) -> dict[str, Ints]:
    """Give every random effect that can be told from the others; the one with the most levels last."""
    found: dict[str, Ints] = {}
    wanted: dict[str, tuple[Ints, ...]] = {"reader": (reader,), "case": (case,)}
    if condition.max() > 0:
        wanted |= {"reader by condition": (reader, condition), "case by condition": (case, condition)}
        wanted |= {"reader by case": (reader, case)}
    for name, factors in wanted.items():
        levels = np.unique(np.stack(factors), axis=1, return_inverse=True)[1].reshape(-1)
        number = int(levels.max()) + 1
        if 1 < number < len(levels) and not any(_same(levels, other) for other in found.values()):
            found[name] = levels.astype(np.int64)
    if not found:
        raise CohortError("reading times of one reader or one case cannot be compared; need several of both")
    return dict(sorted(found.items(), key=lambda item: int(item[1].max())))


def _same(one: Ints, other: Ints) -> bool:
    """Say whether two groupings put the same observations together."""
    together = len(np.unique(np.stack([one, other]), axis=1).T)
    return together == int(one.max()) + 1 == int(other.max()) + 1


def _ratio(name: str, fit: Fit, contrast: Floats, confidence: float) -> Ratio:
    value = float(contrast @ fit.effects)
    error = float(np.sqrt(contrast @ fit.covariance @ contrast))
    df = contrast_df(fit, contrast)
    half = float(t.ppf(0.5 + confidence / 2, df)) * error
    return Ratio(name, exp(value), exp(value - half), exp(value + half), df, float(2 * t.sf(abs(value) / error, df)))


def _summaries(people: Readings, names: list[str], tier: Ints) -> list[TimeSummary]:
    assert people.seconds is not None
    found = []
    groups = [("all readers", np.ones(len(tier), dtype=bool)), *((name, tier == k) for k, name in enumerate(names))]
    for index, condition in enumerate(people.conditions):
        for group, chosen in groups:
            values = people.seconds[index][chosen]
            values = values[~np.isnan(values)]
            if len(values):
                deviation = float(values.std(ddof=1)) if len(values) > 1 else None
                geometric = exp(float(np.log(values).mean()))
                found.append(TimeSummary(condition, group, len(values), float(values.mean()), deviation, geometric))
    return found


def _against(people: Readings, program: Readings, confidence: float) -> list[Ratio]:
    if program.seconds is None or people.seconds is None:
        return []
    took = {
        name: log(value)
        for name, value in zip(program.cases, program.seconds[0, 0].tolist(), strict=True)
        if not isnan(value)
    }
    alone = np.array([took.get(name, np.nan) for name in people.cases])
    found = []
    for index, condition in enumerate(people.conditions):
        behind = np.log(people.seconds[index]) - alone
        reader, case = (one.astype(np.int64) for one in np.nonzero(~np.isnan(behind)))
        if len(reader):
            groupings = _groupings(np.zeros_like(reader), reader, case)
            fit = fit_reml(behind[reader, case], np.ones((len(reader), 1)), list(groupings.values()))
            found.append(_ratio(f"readers / program, {condition}", fit, np.ones(1), confidence))
    return found
