"""A cloud of end points in, a branching tree of tapered capsules that reaches them all out.

Points are joined from the root outwards. Each chooses the parent for which the new branch plus a share of the whole way
from the root is shortest, and bends least: with the share at 0 this is a minimum spanning tree, at 1 every point would
have its own straight way. In between, ways are long, straight and share their beginnings, as vessels do. The radius
grows as a power of the number of points served, near Murray's cube law.
"""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.compiled import kernel

__all__ = ["grow"]

Array = npt.NDArray[np.float64]

_SHARE = 0.2
"""Share of the way from the root that counts beside the new branch."""
_BEND = 0.5
"""Cost of a bend: a right angle makes a branch longer by this share."""


@kernel
def grow(points: Array, start: Array, direction: Array, r_end: float, power: float, bow: float, seed: int) -> Array:
    """Fill a cloud of end points with a tree.

    Parameters
    ----------
    points : (n, 3) end points, mm
    start, direction : (3,) where the trunk begins and where it heads
    r_end : radius of the last twigs, mm
    power : exponent of the radius over the number of points served
    bow : sideways bend of a branch as a share of its length
    seed : of Numba's own random stream, 0 to 2**31

    Returns
    -------
    numpy.ndarray
        Rows x0 y0 z0 r0 x1 y1 z1 r1 and the number of points served; two rows a branch, (2 n, 9).
    """
    np.random.seed(seed)  # noqa: NPY002 - compiled code knows only this form, and its state is not NumPy's
    n = len(points)
    far = np.empty(n)
    for i in range(n):
        d = points[i] - start
        far[i] = np.sqrt((d * d).sum())
    order = np.argsort(far)
    at = np.empty((n + 1, 3))
    heading = np.empty((n + 1, 3))
    way = np.zeros(n + 1)
    parent = np.zeros(n + 1, np.int64)
    at[0], heading[0] = start, direction / np.sqrt((direction * direction).sum())
    for i in range(1, n + 1):
        p = points[order[i - 1]]
        best, chosen = 1e18, 0
        for j in range(i):
            dx, dy, dz = p[0] - at[j, 0], p[1] - at[j, 1], p[2] - at[j, 2]
            L = np.sqrt(dx * dx + dy * dy + dz * dz) + 1e-6
            if L + _SHARE * way[j] >= best:
                continue
            turn = 1.0 - (dx * heading[j, 0] + dy * heading[j, 1] + dz * heading[j, 2]) / L
            cost = L * (1.0 + _BEND * turn) + _SHARE * way[j]
            if cost < best:
                best, chosen = cost, j
        at[i] = p
        parent[i] = chosen
        d = p - at[chosen]
        L = np.sqrt((d * d).sum()) + 1e-6
        way[i] = way[chosen] + L
        h = 0.6 * d / L + 0.4 * heading[chosen]
        heading[i] = h / np.sqrt((h * h).sum() + 1e-12)
    count = np.ones(n + 1)
    biggest = np.zeros(n + 1, np.int64)
    for i in range(n, 0, -1):
        count[parent[i]] += count[i]
    for i in range(1, n + 1):
        j = parent[i]
        if biggest[j] == 0 or count[i] > count[biggest[j]]:
            biggest[j] = i
    for _ in range(3):  # straighten what runs on; the last twigs keep their ends
        for i in range(1, n + 1):
            if biggest[i] > 0:
                at[i] = 0.5 * at[i] + 0.25 * (at[parent[i]] + at[biggest[i]])
    out = np.empty((2 * n, 9))
    for i in range(1, n + 1):
        j = parent[i]
        p, q = at[j], at[i]
        e = q - p
        Le = np.sqrt((e * e).sum()) + 1e-6
        side = np.random.normal(0.0, 1.0, 3)  # noqa: NPY002
        side -= e * (side * e).sum() / (Le * Le)
        mid = 0.5 * (p + q) + side * Le * bow
        r1 = r_end * count[i] ** power
        r0 = min(r_end * count[j] ** power, 1.12 * r1)
        for h in range(2):
            a = 2 * (i - 1) + h
            out[a, :3], out[a, 4:7] = (p, mid) if h == 0 else (mid, q)
            half = 0.5 * (r0 + r1)
            out[a, 3], out[a, 7], out[a, 8] = (r0, half, count[i]) if h == 0 else (half, r1, count[i])
    return out
