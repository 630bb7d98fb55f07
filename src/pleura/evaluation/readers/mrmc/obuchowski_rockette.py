"""Figures of merit and their error covariance in; Obuchowski and Rockette's tests and intervals out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from scipy.special import logit as logit_of
from scipy.stats import chi2, f, t

__all__ = [
    "ANALYSES",
    "Components",
    "GlobalTest",
    "Interval",
    "compare",
    "components",
    "each_condition",
    "global_test",
    "interval",
    "logit_interval",
    "pairs",
]

Floats = npt.NDArray[np.float64]

ANALYSES = ("random", "fixed-readers", "fixed-cases")
"""Random readers and random cases; these readers alone, random cases; random readers, these cases alone."""
NOISE = 1e-14
"""A variance of no more than this is what rounding leaves of none."""


@dataclass(frozen=True, eq=False)
class Components:
    """What the model is made of; every array is (...), one number a study."""

    conditions: int
    readers: int
    mean_squares: tuple[Floats, Floats, Floats]
    """Of conditions, of readers, and of their interaction; the first NaN with one condition."""
    variance: Floats
    """Mean error variance of a figure of merit."""
    same_reader: Floats
    """Cov1: mean error covariance of one reader under two conditions."""
    same_condition: Floats
    """Cov2: of two readers under one condition."""
    both_differ: Floats
    """Cov3: of two readers under two conditions."""

    @property
    def of_readers(self) -> Floats:
        """Variance component of readers; an estimate that may be negative, and is reported as it is."""
        _, readers, interaction = self.mean_squares
        return (readers - interaction) / self.conditions - self.same_reader + self.both_differ

    @property
    def of_interaction(self) -> Floats:
        """Variance component of readers by conditions; may be negative."""
        interaction = self.mean_squares[2]
        return interaction - self.variance + self.same_reader + self.same_condition - self.both_differ


@dataclass(frozen=True, eq=False)
class GlobalTest:
    """A test that all conditions have the same mean; arrays (...)."""

    statistic: Floats
    """F, or chi-square where readers are fixed."""
    df: tuple[int, Floats]
    """Of the numerator, and of the denominator: infinite for chi-square."""
    p: Floats


@dataclass(frozen=True, eq=False)
class Interval:
    """Estimates with standard errors, degrees of freedom and intervals; arrays (..., how many)."""

    value: Floats
    error: Floats
    df: Floats
    """Infinite where the normal distribution is used."""
    low: Floats
    high: Floats
    p: Floats
    """Of the hypothesis that the value is 0."""


def components(value: npt.ArrayLike, covariance: npt.ArrayLike) -> Components:
    """Estimate mean squares and mean error covariances.

    Parameters
    ----------
    value : (..., conditions, readers)
    covariance : (..., conditions x readers, conditions x readers), as from `error_covariance`

    Raises
    ------
    ValueError
        If there is one reader, or shapes do not fit.
    """
    theta, sigma = np.asarray(value, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    many, readers = theta.shape[-2:]
    if readers < 2 or sigma.shape[-2:] != (many * readers,) * 2:
        raise ValueError(f"need two readers or more and a covariance to fit, got {theta.shape} and {sigma.shape}")
    of_condition, of_reader = theta.mean(axis=-1, keepdims=True), theta.mean(axis=-2, keepdims=True)
    middle = theta.mean(axis=(-2, -1), keepdims=True)
    residual = theta - of_condition - of_reader + middle
    squares = (
        readers * ((of_condition - middle) ** 2).sum(axis=(-2, -1)) / (many - 1)
        if many > 1
        else np.nan * middle[..., 0, 0],
        many * ((of_reader - middle) ** 2).sum(axis=(-2, -1)) / (readers - 1),
        (residual**2).sum(axis=(-2, -1)) / ((many - 1) * (readers - 1)) if many > 1 else 0 * middle[..., 0, 0],
    )
    blocks = sigma.reshape(*sigma.shape[:-2], many, readers, many, readers)
    own = np.einsum("...ijij->...", blocks)
    one_reader = np.einsum("...ijkj->...", blocks) - own
    one_condition = np.einsum("...ijik->...", blocks) - own
    rest = blocks.sum(axis=(-4, -3, -2, -1)) - own - one_reader - one_condition
    cells = many * readers
    return Components(
        many,
        readers,
        squares,
        own / cells,
        one_reader / (cells * (many - 1)) if many > 1 else 0 * own,
        one_condition / (cells * (readers - 1)),
        rest / (cells * (many - 1) * (readers - 1)) if many > 1 else 0 * own,
    )


def global_test(parts: Components, analysis: str = "random") -> GlobalTest:
    """Test that all conditions have the same mean figure of merit.

    Random readers: F = MS(T) / (MS(TR) + r max(Cov2 - Cov3, 0)) on t - 1 and Hillis' degrees of freedom, the square of
    that denominator over MS(TR)^2 / ((t - 1)(r - 1)). As the covariances' difference is not let fall under 0, the
    degrees of freedom are never fewer than (t - 1)(r - 1). Fixed readers: chi-square. Fixed cases: the usual analysis
    of variance.

    Parameters
    ----------
    parts : of two conditions or more
    analysis : one of `ANALYSES`

    Returns
    -------
    NaN where there is nothing to test against: readers and cases that all agree.

    References
    ----------
    N. A. Obuchowski, H. E. Rockette, Communications in Statistics - Simulation and Computation 24 (1995) 285-308.
    S. L. Hillis, A comparison of denominator degrees of freedom methods for multiple observer ROC analysis, Statistics
    in Medicine 26 (2007) 596-619. S. L. Hillis, A marginal-mean ANOVA approach for analyzing multireader multicase
    radiological imaging data, Statistics in Medicine 33 (2014) 330-360.
    """
    if parts.conditions < 2:
        raise ValueError("need two conditions or more to compare, got one")
    first = parts.conditions - 1
    spread, second = _error_term(parts, analysis)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = _floor(parts.mean_squares[0]) / _floor(spread)
    if analysis == "fixed-readers":
        statistic = first * statistic
        return GlobalTest(statistic, (first, second), np.asarray(chi2.sf(statistic, first)))
    return GlobalTest(statistic, (first, second), np.asarray(f.sf(statistic, first, second)))


def pairs(conditions: int) -> list[tuple[int, int]]:
    """Give the pairs of conditions in the order in which `compare` has them."""
    return [(one, other) for one in range(conditions) for other in range(one + 1, conditions)]


def compare(value: npt.ArrayLike, parts: Components, analysis: str = "random", *, confidence: float = 0.95) -> Interval:
    """Difference of mean figures of merit between each two conditions, first minus second; last axis as in `pairs`.

    All conditions' data go into the standard error, as in `global_test`.
    """
    means = np.asarray(value, dtype=np.float64).mean(axis=-1)
    found = pairs(parts.conditions)
    difference = np.stack([means[..., one] - means[..., other] for one, other in found], axis=-1)
    spread, df = _error_term(parts, analysis)
    return interval(difference, np.sqrt(2 * spread / parts.readers)[..., None], df[..., None], confidence)


def each_condition(
    value: npt.ArrayLike,
    covariance: npt.ArrayLike,
    analysis: str = "random",
    *,
    confidence: float = 0.95,
    logit: bool = False,
) -> Interval:
    """Mean figure of merit of each condition, from that condition's own data; last axis conditions.

    Random readers: standard error sqrt(MS(R) / r + max(Cov2, 0)), on Hillis' degrees of freedom for one condition,
    (MS(R) + r max(Cov2, 0))^2 / (MS(R)^2 / (r - 1)), never fewer than r - 1. Intervals are not cut off at 0 and 1.

    Parameters
    ----------
    value, covariance, analysis, confidence : as in `components` and `compare`
    logit : make intervals symmetrical on the scale of the log odds, for values between 0 and 1. Symmetrical ones, as
        the reference and most programs have them, hold a high AUC too seldom: see benchmarks/reader_studies.py

    References
    ----------
    S. L. Hillis, Statistics in Medicine 26 (2007) 596-619.
    """
    theta, sigma = np.asarray(value, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    many, readers = theta.shape[-2:]
    blocks = sigma.reshape(*sigma.shape[:-2], many, readers, many, readers)
    errors, dfs = [], []
    for index in range(many):
        own = components(theta[..., index : index + 1, :], blocks[..., index, :, index, :])
        spread, df = _error_of_one(own, analysis)
        errors.append(np.sqrt(spread / readers))
        dfs.append(df)
    put = logit_interval if logit else interval
    return put(theta.mean(axis=-1), np.stack(errors, axis=-1), np.stack(dfs, axis=-1), confidence)


def interval(value: Floats, error: Floats, df: Floats, confidence: float) -> Interval:
    """Put intervals of Student's t around values; NaN where there is no error to measure by."""
    if not 0 < confidence < 1:
        raise ValueError(f"need a confidence between 0 and 1, got {confidence}")
    error, df = np.broadcast_arrays(np.where(error > np.sqrt(NOISE), error, np.nan), df)
    half = t.ppf(0.5 + confidence / 2, df) * error
    p = 2 * t.sf(np.abs(value) / error, df)
    return Interval(value, error, df, value - half, value + half, np.asarray(p))


def logit_interval(value: Floats, error: Floats, df: Floats, confidence: float) -> Interval:
    """Put intervals around values between 0 and 1 that are symmetrical on the scale of the log odds; see `interval`.

    The standard error of the log odds is the value's own over value x (1 - value). No interval at 0 and 1.
    """
    plain = interval(value, error, df, confidence)
    inside = np.where((value > 0) & (value < 1), value, np.nan)
    half = (plain.high - value) / (inside * (1 - inside))
    low, high = (expit(logit_of(inside) + side * half) for side in (-1, 1))
    return Interval(plain.value, plain.error, plain.df, np.asarray(low), np.asarray(high), plain.p)


def _error_term(parts: Components, analysis: str) -> tuple[Floats, Floats]:
    """Give what MS(T) is held against, and its degrees of freedom."""
    interaction = parts.mean_squares[2]
    shared = np.maximum(parts.same_condition - parts.both_differ, 0)
    least = (parts.conditions - 1) * (parts.readers - 1)
    if analysis == "random":
        spread = interaction + parts.readers * shared
        return spread, _ratio(spread**2, interaction**2 / least)
    if analysis == "fixed-readers":
        spread = parts.variance - parts.same_reader + (parts.readers - 1) * shared
        return spread, np.full_like(spread, np.inf)
    if analysis == "fixed-cases":
        return interaction, np.full_like(interaction, float(least))
    raise ValueError(f'need an analysis {", ".join(ANALYSES)}, got "{analysis}"')


def _error_of_one(own: Components, analysis: str) -> tuple[Floats, Floats]:
    """Give the variance of one condition's mean, times readers, and its degrees of freedom."""
    readers, shared = own.mean_squares[1], np.maximum(own.same_condition, 0)
    if analysis == "random":
        spread = readers + own.readers * shared
        return spread, _ratio(spread**2, readers**2 / (own.readers - 1))
    if analysis == "fixed-readers":
        spread = own.variance + (own.readers - 1) * shared
        return spread, np.full_like(spread, np.inf)
    if analysis == "fixed-cases":
        return readers, np.full_like(readers, float(own.readers - 1))
    raise ValueError(f'need an analysis {", ".join(ANALYSES)}, got "{analysis}"')


def _floor(variance: Floats) -> Floats:
    return np.asarray(np.where(variance > NOISE, variance, 0.0))


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divide, infinite where the divisor is 0."""
    return np.asarray(np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.inf))
