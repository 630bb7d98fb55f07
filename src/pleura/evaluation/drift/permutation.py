"""Statistics under the observed order and under permutations in; p, and p for all statistics together, out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PermutationTest", "joint_test", "permuted"]

Floats = npt.NDArray[np.float64]
Name = tuple[str, str]
"""Of what, and which statistic."""


@dataclass(frozen=True)
class PermutationTest:
    """One statistic, as observed and as chance gives it."""

    value: float
    by_chance: float
    """Mean over the permutations."""
    limit: float
    """A value above it is an alarm at the level, all statistics together."""
    p: float
    """Of this statistic alone."""
    adjusted: float
    """Of all statistics together: the chance that any of them stands out as much."""


def permuted(count: int, *, permutations: int, seed: int) -> npt.NDArray[np.int64]:
    """Give orders of so many cases: the first as they are, then random ones; (1 + permutations, cases)."""
    generator = np.random.default_rng(seed)
    orders = np.tile(np.arange(count), (1 + permutations, 1))
    orders[1:] = generator.permuted(orders[1:], axis=1)
    return orders


def joint_test(statistics: Mapping[Name, Floats], *, level: float) -> dict[Name, PermutationTest]:
    """Test all statistics at once by permutation.

    Where all orders of the cases are equally probable, which is what having no drift means, the chance that any
    adjusted p is `level` or less is `level` at most, however the statistics hang together.

    Parameters
    ----------
    statistics : each (1 + permutations,), the observed one first; larger is further from no drift
    level : between 0 and 1; for the limits

    Notes
    -----
    p counts the observed order among the permutations, so that it is never 0 (Phipson and Smyth 2010). Adjusted p is
    Westfall and Young's single-step minimum over the p of all statistics (1993, section 2.3).

    References
    ----------
    P. H. Westfall, S. S. Young, Resampling-Based Multiple Testing, Wiley 1993.
    B. Phipson, G. K. Smyth, Permutation p-values should never be zero, Statistical Applications in Genetics and
    Molecular Biology 9 (2010) 39.
    """
    every = {name: _p_of_each(values) for name, values in statistics.items()}
    least = np.min(np.stack(list(every.values())), axis=0)
    orders = len(least)
    allowed = np.sort(least)[int(level * orders)]  # p that are smaller occur in few enough orders
    return {
        name: PermutationTest(
            value=float(values[0]),
            by_chance=float(values[1:].mean()),
            limit=_value_at(values, allowed),
            p=float(every[name][0]),
            adjusted=float((least <= every[name][0]).mean()),
        )
        for name, values in statistics.items()
    }


def _p_of_each(values: Floats) -> Floats:
    """For each order, the share of orders whose value is as large or larger."""
    rounded = np.round(values, 12)  # shares that are equal on paper are equal here
    ordered = np.sort(rounded)
    return np.asarray((len(values) - np.searchsorted(ordered, rounded, side="left")) / len(values))


def _value_at(values: Floats, p: float) -> float:
    """Give the smallest value whose own p is `p` or more; those above it have a smaller one."""
    beyond = round(float(p) * len(values))  # orders with this value or a larger one
    return float(np.sort(values)[len(values) - beyond])
