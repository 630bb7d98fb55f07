"""Clinical values with gaps in; the columns that a support vector machine is given, filled and scaled, out.

All numbers come from the cases that the encoder was fitted on, and from no others: fitted inside a fold, it tells a
fold's model nothing of the patients that judge it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["Encoder", "fit_encoder"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Encoder:
    """How clinical values become columns: a feature is one, a category one a value; then one a flagged feature."""

    levels: tuple[int, ...]
    """(features,), number of values of a category, 0 for a number or a yes-no feature."""
    fill: Floats
    """(features,), what stands for a missing value: the median, or the most frequent value."""
    flagged: npt.NDArray[np.bool_]
    """(features,), whether a column says that the value is missing."""
    mean: Floats
    """(columns,), taken off."""
    scale: Floats
    """(columns,), standard deviations, divided by; 1 for a column without any."""

    @cached_property
    def source(self) -> npt.NDArray[np.int64]:
        """Feature that each column is of, (columns,)."""
        own = [place for place, levels in enumerate(self.levels) for _ in range(levels or 1)]
        return np.array([*own, *np.flatnonzero(self.flagged).tolist()], dtype=np.int64)

    def transform(self, values: npt.ArrayLike) -> Floats:
        """Fill, spread and scale values, (cases, features) with NaN for a gap, to (cases, columns).

        Raises
        ------
        ValueError
            If there are not as many features as the encoder was fitted on.
        """
        given = _checked(values, len(self.levels))
        return (_spread(given, self.levels, self.fill, self.flagged) - self.mean) / self.scale


def fit_encoder(values: npt.ArrayLike, levels: Sequence[int], frequent: Sequence[bool], *, flag: bool) -> Encoder:
    """Learn from training cases what to fill gaps with, and how to scale.

    Parameters
    ----------
    values : (cases, features), NaN for a gap
    levels : (features,), number of values of a category, else 0
    frequent : (features,), whether gaps take the most frequent value (the least of equals), not the median
    flag : whether features with a gap among the training cases get a column that says so

    Raises
    ------
    ValueError
        If a feature has no value in any of the cases.
    """
    given = _checked(values, len(levels))
    gaps = np.isnan(given)
    if not len(given) or gaps.all(axis=0).any():
        empty = np.flatnonzero(gaps.all(axis=0)).tolist()
        raise ValueError(f"need one value or more of every feature, got none of feature number {empty or 'any'}")
    fill = np.array(
        [_typical(column[~np.isnan(column)], often) for column, often in zip(given.T, frequent, strict=True)]
    )
    flagged = np.asarray(gaps.any(axis=0) & flag, dtype=np.bool_)
    columns = _spread(given, tuple(levels), fill, flagged)
    spread = columns.std(axis=0)
    return Encoder(
        levels=tuple(levels),
        fill=fill,
        flagged=flagged,
        mean=columns.mean(axis=0),
        scale=np.where(spread > 1e-12, spread, 1.0),
    )


def _typical(there: Floats, often: bool) -> float:
    if not often:
        return float(np.median(there))
    kinds, times = np.unique(there, return_counts=True)
    return float(kinds[times.argmax()])


def _spread(given: Floats, levels: tuple[int, ...], fill: Floats, flagged: npt.NDArray[np.bool_]) -> Floats:
    filled = np.where(np.isnan(given), fill, given)
    parts = [
        (filled[:, [place]] == np.arange(count)).astype(np.float64) if count else filled[:, [place]]
        for place, count in enumerate(levels)
    ]
    return np.concatenate([*parts, np.isnan(given[:, flagged])], axis=1, dtype=np.float64)


def _checked(values: npt.ArrayLike, features: int) -> Floats:
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != features:
        raise ValueError(f"need values (cases, {features}), got {given.shape}")
    return given
