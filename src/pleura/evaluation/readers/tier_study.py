"""What is reported of tiers of readers in; a SIMULATED reader study, scores, answers and seconds, out."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from math import log, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtri

from pleura.errors import RecipeError
from pleura.evaluation.readers.readings import Readings

__all__ = ["Accuracy", "Condition", "Shares", "TierStudy", "binormal", "covidet_tiers", "read_study", "simulate_study"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """Of readers of one tier, or of a program; each between 0 and 1, both excluded."""

    sensitivity: float
    specificity: float
    auc: float

    def __post_init__(self) -> None:
        if any(not 0 < rate < 1 for rate in (self.sensitivity, self.specificity, self.auc)):
            raise RecipeError(f"need rates between 0 and 1, both excluded, got {self}")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What readers had, how good each tier was with it, and how long it took."""

    name: str
    tiers: tuple[Accuracy, ...]
    seconds: tuple[float, float]
    """Mean and standard deviation of a reading, both more than 0."""


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Parts of a variance; they add up to 1."""

    reader: float
    reader_condition: float
    case: float
    case_condition: float
    reader_case: float
    rest: float

    def __post_init__(self) -> None:
        parts = (*self.of_readers, *self.of_cases, self.reader_case, self.rest)
        if min(parts) < 0 or abs(sum(parts) - 1) > 1e-9:
            raise RecipeError(f"shares of a variance must be 0 or more and add up to 1, got {parts}")

    @property
    def of_readers(self) -> tuple[float, float]:
        """Of readers, and of readers by conditions."""
        return self.reader, self.reader_condition

    @property
    def of_cases(self) -> tuple[float, float]:
        """Of cases, and of cases by conditions."""
        return self.case, self.case_condition


@dataclass(frozen=True, kw_only=True)
class TierStudy:
    """What a reader study is drawn from."""

    positives: int
    negatives: int
    tiers: tuple[str, ...]
    readers: tuple[int, ...]
    """How many in each tier."""
    conditions: tuple[Condition, ...]
    program: tuple[str, Accuracy, tuple[float, float]]
    """Name, accuracy, and seconds as in a condition."""
    scores: Shares
    times: Shares

    def __post_init__(self) -> None:
        if len(self.tiers) != len(self.readers) or not self.tiers or min(self.readers) < 1:
            raise RecipeError("a study of tiers needs names of tiers, and one reader or more in each")
        if min(self.positives, self.negatives) < 2 or not self.conditions:
            raise RecipeError("a study of tiers needs two cases or more of each kind, and a condition")
        if any(len(one.tiers) != len(self.tiers) for one in self.conditions):
            raise RecipeError(f"every condition needs rates for {len(self.tiers)} tiers")
        if any(min(pair) <= 0 for pair in (self.program[2], *(one.seconds for one in self.conditions))):
            raise RecipeError("seconds need a mean and a standard deviation of more than 0")


def covidet_tiers() -> TierStudy:
    """Give the CoviDet paper's study of 45 radiologists, as far as the paper tells it; see `covidet_tiers.toml`."""
    return read_study(files("pleura.evaluation.readers").joinpath("covidet_tiers.toml").read_text(encoding="utf-8"))


def read_study(text: str) -> TierStudy:
    """Read a study from TOML laid out as `covidet_tiers.toml`.

    Raises
    ------
    RecipeError
        If it is not TOML, a key is missing, or a value is out of its range.
    """
    try:
        table: dict[str, Any] = tomllib.loads(text)
        program = table["program"]
        return TierStudy(
            positives=int(table["positives"]),
            negatives=int(table["negatives"]),
            tiers=tuple(table["tiers"]["names"]),
            readers=tuple(table["tiers"]["readers"]),
            conditions=tuple(_condition(one) for one in table["conditions"]),
            program=(program["name"], _accuracy(program), _pair(program["seconds"])),
            scores=Shares(**table["scores"]),
            times=Shares(**table["times"]),
        )
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"a study of tiers must be TOML: {error}") from error
    except KeyError as error:
        raise RecipeError(f"a study of tiers has no key {error}; see covidet_tiers.toml") from error
    except (TypeError, ValueError) as error:
        raise RecipeError(f"a study of tiers has a value of the wrong kind: {error}; see covidet_tiers.toml") from error


def binormal(accuracy: Accuracy) -> tuple[float, float]:
    """Find the binormal ROC curve with an area that goes through a point.

    Scores without the disease are standard normal; with it normal of some mean and deviation, which are returned.

    Raises
    ------
    RecipeError
        If no such curve has that area and point: an AUC far over what the point allows, or under it.
    """
    hit, passed, area = (float(ndtri(rate)) for rate in (accuracy.sensitivity, accuracy.specificity, accuracy.auc))

    def over(slope: float) -> float:  # of the curve on the probit scale
        return hit + slope * passed - area * sqrt(1 + slope * slope)

    grid = np.geomspace(0.05, 5, 200).tolist()
    for left, right in pairwise(grid):
        if over(left) <= 0 <= over(right) or over(left) >= 0 >= over(right):
            slope = float(brentq(over, left, right))
            return (hit + slope * passed) / slope, 1 / slope
    raise RecipeError(f"no binormal ROC curve has {accuracy}; give an AUC that fits the point")


def simulate_study(study: TierStudy, *, seed: int) -> Readings:
    """Draw a reader study in which everyone reads every case under every condition, and nobody looked at an image.

    Scores are those of a binormal curve for each tier and condition, so that readers have the reported sensitivity,
    specificity and AUC on average over readers and cases. Their variance is divided as in Roe and Metz's model, so that
    readers differ, find the same cases hard, and agree with themselves. The logarithms of seconds are normal.

    Parameters
    ----------
    study : what is reported, and assumed
    seed : the same seed gives the same readings

    Returns
    -------
    Marked as simulated; every reader's and tier's name begins with "SIMULATED". The last reader is the program, under
    a condition of its own, "alone".
    """
    generator = np.random.default_rng(seed)
    tier_of = np.repeat(np.arange(len(study.tiers)), study.readers)
    positive = np.arange(study.positives + study.negatives) < study.positives
    shape = (len(study.conditions), len(tier_of), len(positive))
    latent, hard = _drawn(generator, study.scores, shape, positive)
    timing, slow = _drawn(generator, study.times, shape, np.zeros_like(positive))
    full = (shape[0] + 1, shape[1] + 1, shape[2])
    scores, calls, seconds = (np.full(full, np.nan) for _ in range(3))
    for index, condition in enumerate(study.conditions):
        for reader, tier in enumerate(tier_of.tolist()):
            place = index, reader
            scores[place], calls[place] = _scored(latent[place], positive, condition.tiers[tier])
            seconds[place] = _seconds(timing[place], condition.seconds)
    rest = generator.standard_normal((2, len(positive)))
    shared = sqrt(study.scores.case) * hard + sqrt(1 - study.scores.case) * rest[0]
    scores[-1, -1], calls[-1, -1] = _scored(shared, positive, study.program[1])
    shared = sqrt(study.times.case) * slow + sqrt(1 - study.times.case) * rest[1]
    seconds[-1, -1] = _seconds(shared, study.program[2])
    numbers = [number + 1 for many in study.readers for number in range(many)]
    people = [f"SIMULATED {study.tiers[tier]} {n}" for tier, n in zip(tier_of.tolist(), numbers, strict=True)]
    return Readings(
        conditions=(*(one.name for one in study.conditions), "alone"),
        readers=(*people, f"SIMULATED {study.program[0]}"),
        cases=tuple(f"case {index + 1}" for index in range(len(positive))),
        positive=positive,
        scores=np.round(scores, 4),
        calls=calls,
        seconds=np.round(seconds, 2),
        tiers=(*(f"SIMULATED {study.tiers[tier]}" for tier in tier_of.tolist()), "SIMULATED program"),
        simulated=True,
    )


def _drawn(
    generator: np.random.Generator, shares: Shares, shape: tuple[int, int, int], positive: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Draw standard normal values (conditions, readers, cases), and what all readers find in each case (cases,)."""
    conditions, readers, cases = shape

    def normal(*size: int) -> Floats:
        return generator.standard_normal(size)

    by_kind = normal(2, 1, readers, 1), normal(2, conditions, readers, 1)  # of readers, anew for each kind of case
    kind = positive.astype(np.int64)
    of_reader, of_reader_condition = (np.moveaxis(part[kind, ..., 0], 0, -1) for part in by_kind)
    of_case = normal(cases)
    drawn = (
        sqrt(shares.reader) * of_reader
        + sqrt(shares.reader_condition) * of_reader_condition
        + sqrt(shares.case) * of_case
        + sqrt(shares.case_condition) * normal(conditions, 1, cases)
        + sqrt(shares.reader_case) * normal(1, readers, cases)
        + sqrt(shares.rest) * normal(conditions, readers, cases)
    )
    return drawn, of_case


def _scored(standard: Floats, positive: npt.NDArray[np.bool_], accuracy: Accuracy) -> tuple[Floats, Floats]:
    """Turn standard normal values into scores and calls with the accuracies wanted."""
    mean, deviation = binormal(accuracy)
    scores = np.where(positive, mean + deviation * standard, standard)
    return scores, (scores >= ndtri(accuracy.specificity)).astype(np.float64)


def _seconds(standard: Floats, wanted: tuple[float, float]) -> Floats:
    """Turn standard normal values into log-normal seconds of a mean and standard deviation."""
    mean, deviation = wanted
    spread = log(1 + (deviation / mean) ** 2)
    return np.asarray(np.exp(log(mean) - spread / 2 + sqrt(spread) * standard))


def _condition(table: dict[str, Any]) -> Condition:
    rates = zip(table["sensitivity"], table["specificity"], table["auc"], strict=True)
    tiers = tuple(Accuracy(sensitivity=a, specificity=b, auc=c) for a, b, c in rates)
    return Condition(name=table["name"], tiers=tiers, seconds=_pair(table["seconds"]))


def _accuracy(table: dict[str, Any]) -> Accuracy:
    return Accuracy(sensitivity=table["sensitivity"], specificity=table["specificity"], auc=table["auc"])


def _pair(values: list[float]) -> tuple[float, float]:
    mean, deviation = values
    return float(mean), float(deviation)
