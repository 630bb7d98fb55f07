"""The cost of a border at each place in, the cheapest smooth sheet through it out."""

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["border_cost", "cheapest_sheet"]


@njit(cache=True, nogil=True)
def cheapest_sheet(
    cost: npt.NDArray[np.float32], order: npt.NDArray[np.int64], stiff_b: float, stiff_a: float, reach: int = 3
) -> npt.NDArray[np.int32]:
    """Lay a sheet c(a, b) through a cost with axes (a, b, c).

    Plane by plane in the given order the cheapest path c(b) is taken; a plane is drawn to its neighbour that is already
    done, so the sheet is the best in each plane but not over all.

    Parameters
    ----------
    cost : cost of the sheet at each place
    order : the planes a, each but the first beside one that came before
    stiff_b : cost of each step along c between neighbouring b
    stiff_a : cost of each step along c away from the neighbouring plane's path, up to 12 steps
    reach : most steps along c between neighbouring b

    Returns
    -------
    Index c, axes (a, b).
    """
    na, nb, nc = cost.shape
    path = np.full((na, nb), -1, np.int32)
    total = np.empty((nb, nc))
    came = np.empty((nb, nc), np.int32)
    for n in range(na):
        a = order[n]
        near = -1
        if a > 0 and path[a - 1, 0] >= 0:
            near = a - 1
        elif a + 1 < na and path[a + 1, 0] >= 0:
            near = a + 1
        for b in range(nb):
            for c in range(nc):
                here = np.float64(cost[a, b, c])
                if near >= 0:
                    here += stiff_a * min(abs(c - path[near, b]), 12)
                if b == 0:
                    total[b, c] = here
                    came[b, c] = c
                    continue
                best, arg = 1e30, c
                for d in range(-reach, reach + 1):
                    e = c + d
                    if 0 <= e < nc:
                        t = total[b - 1, e] + stiff_b * abs(d)
                        if t < best:
                            best, arg = t, e
                total[b, c] = best + here
                came[b, c] = arg
        c = int(np.argmin(total[nb - 1]))
        for b in range(nb - 1, -1, -1):
            path[a, b] = c
            c = came[b, c]
    return path


def border_cost(before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Cost of a border at each place along the last axis.

    Parameters
    ----------
    before : cost of each voxel if it lies before the border
    after : cost of each voxel if it lies at the border or behind it; of the same shape

    Returns
    -------
    For each index n the sum of `before` up to n - 1 and of `after` from n on.
    """
    first = np.cumsum(before, axis=-1) - before
    rest = np.cumsum(after[..., ::-1], axis=-1)[..., ::-1]
    return np.asarray(first + rest, dtype=np.float32)
