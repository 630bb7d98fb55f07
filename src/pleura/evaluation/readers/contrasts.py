"""Readings and a figure of merit in; means of readers, and differences between conditions, tiers and a program, out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, nan

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from pleura.evaluation.comparison.proportions import paired_difference
from pleura.evaluation.readers.mrmc.alone import against_each, against_mean
from pleura.evaluation.readers.mrmc.merits import error_covariance, figures_of_merit
from pleura.evaluation.readers.mrmc.moments import difference, each, u_statistics, unbiased_covariance
from pleura.evaluation.readers.mrmc.obuchowski_rockette import (
    ANALYSES,
    Components,
    Interval,
    compare,
    components,
    each_condition,
    global_test,
    logit_interval,
    pairs,
)

__all__ = [
    "Contrast",
    "between_conditions",
    "between_tiers",
    "mean_by_moments",
    "means",
    "program_against_each",
    "program_against_mean",
]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Scores = tuple[Floats, Bools, str]
"""Scores or calls (conditions, readers, cases), whether positive (cases,), and the figure of merit."""


@dataclass(frozen=True)
class Contrast:
    """A mean, or a difference, with how it was analysed; None where there is nothing to measure its error by."""

    name: str
    merit: str
    analysis: str
    """One of ANALYSES, "u-statistics", or "one reader"."""
    value: float
    error: float | None
    df: float | None
    """Infinite where the normal distribution is used."""
    low: float | None
    high: float | None
    p: float | None
    """Of the hypothesis that it is 0; None for a mean."""

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.3f} (no interval)"
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def means(study: Scores, names: Sequence[str], kind: str, confidence: float) -> list[Contrast]:
    """Mean over readers under each condition, by each analysis, on the scale of the log odds; two readers or more each.

    Parameters
    ----------
    study : scores or calls, truth, and figure of merit
    names : of the conditions
    kind : of covariance, as in `merits_of`
    confidence : of the intervals
    """
    scores, positive, merit = study
    found = []
    for index, name in enumerate(names):
        read = ~np.isnan(scores[index]).all(axis=-1)
        one = scores[index : index + 1, read]
        value, covariance = merits_of((one, positive, merit), kind)
        for analysis in ANALYSES:
            interval = each_condition(value, covariance, analysis, confidence=confidence, logit=True)
            found.append(replace(_contrast(name, merit, analysis, interval, 0), p=None))
    return found


def between_conditions(
    study: Scores, names: Sequence[str], kind: str, confidence: float
) -> tuple[list[Contrast], list[Contrast], Components | None]:
    """Differences of each two conditions, first minus second; tests that all are equal; and variance components.

    Obuchowski and Rockette's analyses need every reader under every condition; where one is missing there are
    U-statistics alone, and no components. Parameters as in `means`.
    """
    scores, positive, merit = study
    found: list[Contrast] = []
    tests: list[Contrast] = []
    parts = None
    labels = [f"{names[a]} - {names[b]}" for a, b in pairs(len(names))]
    if not np.isnan(scores).all(axis=-1).any():
        value, covariance = merits_of(study, kind)
        parts = components(value, covariance)
        for analysis in ANALYSES:
            interval = compare(value, parts, analysis, confidence=confidence)
            found += [_contrast(label, merit, analysis, interval, k) for k, label in enumerate(labels)]
            test = global_test(parts, analysis)
            statistic, p = float(test.statistic), float(test.p)
            tests.append(
                Contrast("all equal", merit, analysis, statistic, None, float(test.df[1]), None, None, _number(p))
            )
    by_moments = u_statistics(scores, positive, merit)
    for label, (a, b) in zip(labels, pairs(len(names)), strict=True):
        found.append(_from_variance(label, merit, difference(by_moments, a, b), confidence))
    return found, tests, parts


def between_tiers(study: Scores, names: Sequence[str], tiers: Sequence[str], confidence: float) -> list[Contrast]:
    """Differences of each two tiers with two readers or more, first minus second, under each condition.

    Readers differ and cases are shared, so tiers are compared by U-statistics, each as a condition of its own readers.
    """
    scores, positive, merit = study
    found = []
    for index, condition in enumerate(names):
        read = ~np.isnan(scores[index]).all(axis=-1)
        rows = {
            name: np.array([there and tier == name for there, tier in zip(read, tiers, strict=True)])
            for name in dict.fromkeys(tiers)
        }
        kept = [name for name, chosen in rows.items() if chosen.sum() > 1]
        if len(kept) < 2:
            continue
        apart = np.stack([np.where(rows[name][:, None], scores[index], nan) for name in kept])
        by_moments = u_statistics(apart, positive, merit)
        for a, b in pairs(len(kept)):
            label = f"{kept[a]} - {kept[b]}, {condition}"
            found.append(_from_variance(label, merit, difference(by_moments, a, b), confidence))
    return found


def program_against_mean(
    study: Scores, program: Floats, names: Sequence[str], kind: str, confidence: float
) -> list[Contrast]:
    """Program minus the readers' mean, under each condition, by each analysis.

    Parameters
    ----------
    study, names, kind, confidence : as in `means`
    program : (cases,), its scores or calls; NaN where it gave none
    """
    scores, positive, merit = study
    found = []
    for index, name in enumerate(names):
        read = ~np.isnan(scores[index]).all(axis=-1)
        both = np.concatenate([program[None], scores[index, read]])[None]
        value, covariance = merits_of((both, positive, merit), kind)
        for analysis in ANALYSES:
            interval = against_mean(value[0], covariance, analysis, confidence=confidence)
            found.append(_contrast(f"program - mean of readers, {name}", merit, analysis, interval, 0))
    return found


def program_against_each(
    study: Scores, program: Floats, names: Sequence[str], readers: Sequence[str], confidence: float
) -> list[Contrast]:
    """Program minus each reader on the cases that both have read; DeLong's test of AUCs, McNemar's of rates.

    Parameters as in `program_against_mean`.
    """
    scores, positive, merit = study
    found = []
    for index, condition in enumerate(names):
        for row, reader in zip(scores[index], readers, strict=True):
            both = ~np.isnan(row) & ~np.isnan(program)
            if not both.any():
                continue
            pair = np.stack([program[both], row[both]])[None]
            figures = figures_of_merit(pair, positive[both], merit)
            interval = against_each(figures.value[0], error_covariance(figures), confidence=confidence)
            one = _contrast(f"program - {reader}, {condition}", merit, "one reader", interval, 0)
            if merit != "auc":
                side = positive[both] if merit == "sensitivity" else ~positive[both]
                one = _paired(one, pair[0][:, side] == positive[both][side], confidence)
            found.append(one)
    return found


def merits_of(study: Scores, kind: str) -> tuple[Floats, Floats]:
    """Figures of merit, (conditions, readers), and their error covariance: by `kind`, or "unbiased" for any design."""
    scores, positive, merit = study
    if kind == "unbiased":
        return unbiased_covariance(scores, positive, merit)
    figures = figures_of_merit(scores, positive, merit)
    return figures.value, error_covariance(figures, kind)


def mean_by_moments(study: Scores, names: Sequence[str], confidence: float) -> list[Contrast]:
    """Mean over readers under each condition with its U-statistic variance, on the scale of the log odds."""
    scores, positive, merit = study
    value, variance, df = each(u_statistics(scores, positive, merit))
    error = np.sqrt(np.where(variance > 0, variance, 0.0))
    found = logit_interval(value, error, np.where(variance > 0, df, np.inf), confidence)
    return [replace(_contrast(name, merit, "u-statistics", found, k), p=None) for k, name in enumerate(names)]


def _contrast(name: str, merit: str, analysis: str, interval: Interval, place: int) -> Contrast:
    parts = (interval.error, interval.df, interval.low, interval.high, interval.p)
    error, df, low, high, p = (_number(float(part[..., place])) for part in parts)
    if error is not None and df is None:
        df = float("inf")
    return Contrast(name, merit, analysis, float(interval.value[..., place]), error, df, low, high, p)


def _from_variance(name: str, merit: str, found: tuple[Floats, Floats, Floats], confidence: float) -> Contrast:
    value, variance, df = (float(part) for part in found)
    if not variance > 1e-15:
        return Contrast(name, merit, "u-statistics", value, None, None, None, None, None)
    error = variance**0.5
    half = float(t.ppf(0.5 + confidence / 2, df)) * error
    p = float(2 * t.sf(abs(value) / error, df))
    return Contrast(name, merit, "u-statistics", value, error, df, value - half, value + half, p)


def _number(value: float) -> float | None:
    return value if isfinite(value) else None


def _paired(one: Contrast, right: Bools, confidence: float) -> Contrast:
    """Put Tango's interval and McNemar's mid-p on a difference of rates; `right` is (2, cases), the program first."""
    first, second = right
    counts = (first & second, first & ~second, ~first & second, ~first & ~second)
    found = paired_difference(*(int(one.sum()) for one in counts), confidence=confidence)
    return replace(one, low=found.low, high=found.high, p=found.p)
