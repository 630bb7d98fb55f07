"""Values of reference and later cases under many orders in; how far apart the two are, a number an order, out.

All functions take (orders, cases) arrays whose first `reference` columns are the reference cases and whose others are
the later ones in the order in which they came. The first row is commonly the data as they are, and the others are
permutations of it. Larger is further apart.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["kolmogorov_smirnov", "mixture", "running_sum", "share_difference", "stability_index"]

Floats = npt.NDArray[np.float64]


def kolmogorov_smirnov(values: Floats, reference: int) -> Floats:
    """Give the greatest distance between the two empirical distribution functions, 0 to 1; (orders,).

    Examples
    --------
    >>> kolmogorov_smirnov(np.array([[0.1, 0.2, 0.2, 0.3]]), 2).tolist()
    [0.5]
    """
    later = values.shape[1] - reference
    order = np.argsort(values, axis=1, kind="stable")
    step = np.where(order < reference, 1 / reference, -1 / later)
    gap = np.abs(np.cumsum(step, axis=1))
    ranked = np.take_along_axis(values, order, axis=1)
    last = np.ones(gap.shape, dtype=bool)
    last[:, :-1] = ranked[:, 1:] > ranked[:, :-1]  # of equal values; the functions are only compared there
    return np.asarray(np.where(last, gap, 0).max(axis=1))


def stability_index(values: Floats, reference: int, *, bins: int = 10) -> Floats:
    """Give the population stability index over bins with equal numbers of reference cases; (orders,).

    The sum over bins of (p - q) log(p / q), with p and q the shares of later and of reference cases. A half is added to
    every count, so that an empty bin has a logarithm. Quantiles that are equal are one edge.

    References
    ----------
    B. Yurdakul, J. Naranjo, Statistical properties of the population stability index, Journal of Risk Model
    Validation 14 (2020).
    """
    edges = np.quantile(values[:, :reference], np.arange(1, bins) / bins, axis=1).T
    found = np.empty(len(values))
    for index, (row, inner) in enumerate(zip(values, edges, strict=True)):
        place = np.searchsorted(np.unique(inner), row, side="left")
        counts = [np.bincount(part, minlength=bins) for part in (place[:reference], place[reference:])]
        used = (counts[0] + counts[1]) > 0
        q, p = ((one[used] + 0.5) / (one[used] + 0.5).sum() for one in counts)
        found[index] = float(((p - q) * np.log(p / q)).sum())
    return found


def share_difference(flags: Floats, reference: int) -> Floats:
    """Give the absolute difference of the two shares of ones; (orders,)."""
    return np.asarray(np.abs(flags[:, reference:].mean(axis=1) - flags[:, :reference].mean(axis=1)))


def mixture(codes: npt.NDArray[np.int64], reference: int) -> Floats:
    """Give Pearson's chi-square of kinds of cases by reference and later; (orders,).

    Parameters
    ----------
    codes : (orders, cases), the number of each case's kind, from 0
    reference : cases of the reference
    """
    cases = codes.shape[1]
    share = reference / cases
    found = np.zeros(len(codes))
    for kind in range(int(codes.max()) + 1):
        before = (codes[:, :reference] == kind).sum(axis=1)
        total = before + (codes[:, reference:] == kind).sum(axis=1)
        expected = np.maximum(total * share, 1e-12)
        found += (before - expected) ** 2 / (expected * (1 - share))
    return found


def running_sum(flags: Floats, reference: int, *, allowance: float = 0.05) -> tuple[Floats, Floats]:
    """Page's cumulative sums of later cases against the reference's share, upwards and downwards.

    Each later case adds its flag less the reference's share less the allowance (or the other way round); the sum starts
    again from 0 wherever it would fall below. A change in the middle of the later cases shows here, though it may be
    lost in their mean.

    Parameters
    ----------
    flags : (orders, cases), 0 or 1
    reference : cases of the reference
    allowance : half the change that matters

    Returns
    -------
    Two arrays (orders, later cases), 0 or more: up, down.

    References
    ----------
    E. S. Page, Continuous inspection schemes, Biometrika 41 (1954) 100-115.
    """
    expected = flags[:, :reference].mean(axis=1, keepdims=True)
    away = flags[:, reference:] - expected
    return _reflected(away - allowance), _reflected(-away - allowance)


def _reflected(steps: Floats) -> Floats:
    total = np.cumsum(steps, axis=1)
    return np.asarray(total - np.minimum(np.minimum.accumulate(total, axis=1), 0))
