"""A cloud of end points in, a binary tree of tapered capsules that reaches them all out.

The cloud is split again and again by a plane, and each branch grows part of the way to the centre of its share, after
Tawhai, Pullan and Hunter (2000), Ann. Biomed. Eng. 28, 793-802. The radius grows as a power of the number of ends
served, near Murray's cube law.
"""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.compiled import kernel

__all__ = ["grow"]

Array = npt.NDArray[np.float64]


@kernel
def grow(points: Array, start: Array, direction: Array, r_end: float, power: float, bow: float, seed: int) -> Array:
    """Fill a cloud of end points with a binary tree.

    Parameters
    ----------
    points : (n, 3) end points, mm
    start, direction : (3,) where the trunk begins and where it heads
    r_end : radius of the last twigs, mm
    power : exponent of the radius over the number of ends served
    bow : sideways bend of a branch as a share of its length
    seed : of Numba's own random stream, 0 to 2**31

    Returns
    -------
    numpy.ndarray
        Rows x0 y0 z0 r0 x1 y1 z1 r1 and the number of ends served; (m, 9).
    """
    np.random.seed(seed)  # noqa: NPY002 - compiled code knows only this form, and its state is not NumPy's
    n = len(points)
    pts = points.copy()
    out = np.empty((6 * n + 8, 9))
    m = 0
    stack = np.empty((4 * n + 16, 9))
    lo_hi = np.empty((4 * n + 16, 2), np.int64)
    stack[0, :3], stack[0, 3:6], stack[0, 6] = start, direction, r_end * n**power
    lo_hi[0] = 0, n
    top = 1
    while top > 0:
        top -= 1
        p, d0, r0 = stack[top, :3].copy(), stack[top, 3:6].copy(), stack[top, 6]
        lo, hi = lo_hi[top]
        cnt = hi - lo
        r1 = r_end * cnt**power
        com = np.zeros(3)
        for i in range(lo, hi):
            com += pts[i]
        com /= cnt
        d = com - p
        L = np.sqrt((d * d).sum()) + 1e-6
        if cnt == 1:
            end = com
        else:
            u = d / L + 0.4 * d0
            u /= np.sqrt((u * u).sum())
            end = p + u * L * (0.38 + 0.2 * np.random.random())  # noqa: NPY002
        # two bowed halves
        e = end - p
        Le = np.sqrt((e * e).sum()) + 1e-6
        side = np.random.normal(0.0, 1.0, 3)  # noqa: NPY002
        side -= e * (side * e).sum() / (Le * Le)
        mid = 0.5 * (p + end) + side * Le * bow
        for h in range(2):
            q0, q1 = (p, mid) if h == 0 else (mid, end)
            out[m, :3], out[m, 4:7] = q0, q1
            out[m, 3], out[m, 7], out[m, 8] = (r0, 0.5 * (r0 + r1), cnt) if h == 0 else (0.5 * (r0 + r1), r1, cnt)
            m += 1
        if cnt == 1:
            continue
        u = e / Le
        # main spread across the branch, by power iteration
        C = np.zeros((3, 3))
        for i in range(lo, hi):
            q = pts[i] - com
            q = q - u * (q * u).sum()
            for a in range(3):
                for b in range(3):
                    C[a, b] += q[a] * q[b]
        ax = np.random.normal(0.0, 1.0, 3)  # noqa: NPY002
        for _ in range(6):
            v = np.zeros(3)
            for a in range(3):
                for b in range(3):
                    v[a] += C[a, b] * ax[b]
            s = np.sqrt((v * v).sum())
            if s < 1e-9:
                break
            ax = v / s
        spread = np.sqrt(max((C[0, 0] + C[1, 1] + C[2, 2]) / cnt, 1e-6))
        cut = spread * (np.random.random() - 0.5) * 0.9  # noqa: NPY002
        i, j = lo, hi - 1
        while i <= j:
            if ((pts[i] - com) * ax).sum() < cut:
                i += 1
            else:
                tmp = pts[i].copy()
                pts[i] = pts[j]
                pts[j] = tmp
                j -= 1
        if i in (lo, hi):
            i = (lo + hi) // 2
        for a, b in ((lo, i), (i, hi)):
            stack[top, :3], stack[top, 3:6], stack[top, 6] = end, u, min(r1, 1.15 * r_end * (b - a) ** power)
            lo_hi[top] = a, b
            top += 1
    return out[:m]
