"""Observations with crossed groups in; fixed effects and variance components by restricted maximum likelihood out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve, cholesky
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pleura.errors import CohortError

__all__ = ["Fit", "contrast_df", "fit_reml"]

T = TypeVar("T", float, npt.NDArray[np.float64])

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NOTHING = 1e-8
"""A variance component less than this part of the residual variance counts as none."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model."""

    effects: Floats
    """(columns,), of the fixed effects."""
    covariance: Floats
    """(columns, columns), of their estimates."""
    variances: Floats
    """(groupings + 1,), each grouping's component, not negative, then the residual's."""
    deviance: float
    """-2 times the restricted log-likelihood."""
    equations: "_Equations"


@dataclass(frozen=True, eq=False)
class _Equations:
    """Cross-products that the likelihood is made of, with the last grouping absorbed."""

    plain: Floats
    """[Z X y]' [Z X y]."""
    by_size: tuple[tuple[int, int, Floats], ...]
    """For blocks of the absorbed grouping: size, how many, and sum of outer products of block sums."""
    levels: Ints
    """How many columns of Z each other grouping has."""
    columns: int
    observations: int

    def solve(self, spreads: Floats) -> "_Solution":
        """Solve for the effects at given spreads: each grouping's standard deviation over the residual's.

        The absorbed grouping has a block of ones for each of its levels in the observations' covariance, whose inverse
        is known; the others enter through the equations of their random effects, scaled so that they stay regular
        where a spread is 0.
        """
        left = self.plain.copy()
        logs = 0.0
        for size, number, outer in self.by_size:
            inner = 1 + size * spreads[-1] ** 2
            left -= spreads[-1] ** 2 / inner * outer
            logs += number * np.log(inner)
        width = int(self.levels.sum())
        scale = np.append(np.repeat(spreads[:-1], self.levels), np.ones(self.columns))
        inside = scale[:, None] * left[:-1, :-1] * scale
        inside[np.arange(width), np.arange(width)] += 1
        factor = cholesky(inside, lower=True, overwrite_a=True, check_finite=False)
        effects = cho_solve((factor, True), scale * left[:-1, -1], check_finite=False)
        logs += 2 * float(np.log(np.diag(factor)).sum())
        rest = float(left[-1, -1] - (scale * left[:-1, -1]) @ effects)
        return _Solution(left, scale, factor, effects, max(rest, 1e-300), logs)

    def slopes(self, spreads: Floats, at: "_Solution") -> tuple[Floats, Floats]:
        """Slopes of the log-determinants and of the residual sum of squares in the spreads, each (groupings,)."""
        inverse = cho_solve((at.factor, True), np.eye(len(at.scale)), check_finite=False)
        scaled = inverse * at.scale  # columns by their scale
        logs = 2 * (at.left[:-1, :-1] * scaled).sum(axis=1)
        whole = np.append(-at.scale * at.effects, 1.0)
        rests = -2 * at.effects * (at.left[:-1] @ whole)
        ends = np.cumsum(self.levels)
        found = [
            (logs[end - size : end].sum(), rests[end - size : end].sum())
            for end, size in zip(ends, self.levels, strict=True)
        ]
        both = scaled * at.scale[:, None]
        last = [0.0, 0.0]
        for size, number, outer in self.by_size:
            inner = 1 + size * spreads[-1] ** 2
            last[0] += number * size / inner - (both * outer[:-1, :-1]).sum() / inner**2
            last[1] -= whole @ outer @ whole / inner**2
        found.append((2 * spreads[-1] * last[0], 2 * spreads[-1] * last[1]))
        return np.array([one[0] for one in found]), np.array([one[1] for one in found])


@dataclass(frozen=True, eq=False)
class _Solution:
    left: Floats
    """[Z X y]' [Z X y] weighted by the inverse covariance of the absorbed grouping and the residual."""
    scale: Floats
    factor: Floats
    """Of the scaled equations, lower triangular."""
    effects: Floats
    """Scaled random effects, then fixed effects."""
    rest: float
    """Residual sum of squares."""
    logs: float
    """Log-determinants of the observations' covariance and of the fixed effects' information."""

    def fixed(self, columns: int) -> tuple[Floats, Floats]:
        """Give the fixed effects, and their covariance over the residual variance."""
        last = np.eye(len(self.scale))[:, -columns:]
        return self.effects[-columns:], cho_solve((self.factor, True), last, check_finite=False)[-columns:]


def fit_reml(values: npt.ArrayLike, design: npt.ArrayLike, groupings: Sequence[npt.ArrayLike]) -> Fit:
    """Fit fixed effects with one random intercept a grouping; groupings may cross, and data may be incomplete.

    Parameters
    ----------
    values : (observations,)
    design : (observations, columns), of full rank
    groupings : each (observations,), whole numbers from 0. The last is best the one with the most levels, which costs
        nothing; the others' levels together are the size of the equations to solve

    Raises
    ------
    CohortError
        If there are no more observations than columns, the design is not of full rank, or the values do not vary.

    References
    ----------
    H. D. Patterson, R. Thompson, Recovery of inter-block information when block sizes are unequal, Biometrika 58 (1971)
    545-554. The profiled criterion: D. Bates, M. Maechler, B. Bolker, S. Walker, Fitting linear mixed-effects models
    using lme4, Journal of Statistical Software 67 (2015) 1-48.
    """
    y, X = np.asarray(values, dtype=np.float64), np.asarray(design, dtype=np.float64)
    if len(y) <= X.shape[1] + 1 or np.linalg.matrix_rank(X) < X.shape[1]:
        raise CohortError(f"too few readings to fit {X.shape[1]} effects, got {len(y)}; need more of every kind")
    equations = _equations(y, X, [np.asarray(one, dtype=np.int64) for one in groupings])
    free = equations.observations - equations.columns

    if np.ptp(y - X @ np.linalg.lstsq(X, y, rcond=None)[0]) < 1e-12:
        raise CohortError("values do not vary beyond the effects asked for; there is nothing to measure errors by")

    def profiled(spreads: Floats) -> tuple[float, Floats]:
        at = equations.solve(spreads)
        logs, rests = equations.slopes(spreads, at)
        value = at.logs + free * (1 + np.log(2 * np.pi * at.rest / free))
        return float(value), logs + free * rests / at.rest

    with threadpool_limits(limits=1):  # many small equations: threads would only wait for one another
        spreads = _least(profiled, len(groupings))
    at = equations.solve(spreads)
    residual = at.rest / free
    effects, inverse = at.fixed(equations.columns)
    variances = np.append(np.where(spreads**2 < NOTHING, 0.0, spreads**2), 1.0) * residual
    return Fit(effects, inverse * residual, variances, profiled(spreads)[0], equations)


def contrast_df(fit: Fit, contrast: npt.ArrayLike) -> float:
    """Degrees of freedom of a contrast of fixed effects, after Satterthwaite.

    2 V^2 over the variance of V, the contrast's variance, by the curvature of the restricted likelihood in the
    logarithms of the variance components that are not 0. In balanced data it is the classical sum over mean squares.

    References
    ----------
    F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110-114. A. Kuznetsova, P. B. Brockhoff, R. H. B. Christensen,
    lmerTest package, Journal of Statistical Software 82 (2017) 1-26.
    """
    wanted = np.asarray(contrast, dtype=np.float64)
    used = np.flatnonzero(fit.variances > 0)
    middle = np.log(fit.variances[used])
    equations = fit.equations

    def at(logs: Floats) -> tuple[Floats, float]:
        variances = fit.variances.copy()
        variances[used] = np.exp(logs)
        return np.sqrt(variances[:-1] / variances[-1]), float(variances[-1])

    def spread(logs: Floats) -> float:
        spreads, residual = at(logs)
        return float(wanted @ equations.solve(spreads).fixed(equations.columns)[1] @ wanted * residual)

    def gradient(logs: Floats) -> Floats:
        spreads, residual = at(logs)
        solved = equations.solve(spreads)
        slopes = [one * spreads / 2 for one in equations.slopes(spreads, solved)]
        each = slopes[0] + slopes[1] / residual
        free = equations.observations - equations.columns
        return np.asarray(np.append(each, free - solved.rest / residual - each.sum())[used])

    with threadpool_limits(limits=1):
        curvature = np.array([_slope(gradient, middle, one) for one in np.eye(len(middle))])
        slope = np.array([_slope(spread, middle, one) for one in np.eye(len(middle))])
    value = spread(middle)
    uncertainty = float(slope @ np.linalg.pinv((curvature + curvature.T) / 4) @ slope)
    return 2 * value**2 / uncertainty if uncertainty > 0 else float("inf")


def _equations(y: Floats, X: Floats, groupings: Sequence[Ints]) -> _Equations:
    ones = [np.eye(int(one.max()) + 1)[one] for one in groupings[:-1]]
    whole = np.column_stack([*ones, X, y])
    last = groupings[-1]
    sums = np.zeros((int(last.max()) + 1, whole.shape[1]))
    np.add.at(sums, last, whole)
    sizes = np.bincount(last, minlength=len(sums))
    by_size = tuple(
        (int(size), int((sizes == size).sum()), sums[sizes == size].T @ sums[sizes == size])
        for size in np.unique(sizes[sizes > 0])
    )
    return _Equations(
        plain=whole.T @ whole,
        by_size=by_size,
        levels=np.array([one.shape[1] for one in ones], dtype=np.int64),
        columns=X.shape[1],
        observations=len(y),
    )


def _least(criterion: Callable[[Floats], tuple[float, Floats]], many: int) -> Floats:
    """Minimise over spreads; their sign does not matter, and without a bound at 0 no search is caught on it."""
    found = minimize(
        criterion,
        np.full(many, 0.5),
        jac=True,
        method="L-BFGS-B",
        options={"ftol": 1e-14, "gtol": 1e-6, "maxiter": 300},
    )
    return np.abs(np.asarray(found.x))


def _slope(function: Callable[[Floats], T], at: Floats, towards: Floats, step: float = 1e-3) -> T:
    return (function(at + step * towards) - function(at - step * towards)) / (2 * step)
