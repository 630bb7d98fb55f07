"""Tapered capsules in, painted over the samples of one slice in their order, with sub-pixel coverage, compiled."""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.capsules import FASCIA, LUMEN, MUSCLE, SOFT, VESSEL
from pleura.data.synthetic.compiled import kernel

__all__ = ["paint"]

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


@kernel
def coverage(d2: float, radius: float, h: float, mode: float, soft: float) -> float:
    """How much of a sample h mm wide a capsule covers at squared distance d2 from its axis, 0 to 1."""
    if mode == SOFT:
        if d2 > 4 * radius * radius:
            return 0.0
        return float(soft * np.exp(-1.2 * d2 / (radius * radius)))
    lim = radius + 0.5 * h
    if d2 > lim * lim:
        return 0.0
    if radius < 0.5 * h:  # thinner than a pixel: fainter, not thicker
        return float(min((1.0 - np.sqrt(d2) / lim) * 1.3 * (2 * radius / h) ** 1.4, 1.0))
    return float(min((lim - np.sqrt(d2)) / h, 1.0))


@kernel
def paint(
    buf: npt.NDArray[np.float32],
    closed: Bytes,
    lobes: Bytes,
    lesion: Bytes,
    zs: Array,
    inner: Array,
    slide: Array,
    x0: float,
    y0: float,
    h: float,
    capsules: Array,
    kinds: Bytes,
    inside: Flags,
) -> None:
    """Paint capsules (n, 11) over the samples that `fill` made; those of a kind other than 0 count as lesion.

    `closed` is 0 in aerated or consolidated lung, where airways stay open. What is `inside` the rib cage is met by the
    sub-slices at the heights `inner` and slid backwards, everything else at `zs`. The other arguments are those of
    `fill`.
    """
    ns, ny, nx = buf.shape
    mid = ns // 2
    for n in range(len(capsules)):
        c = capsules[n]
        r = max(c[3], c[7])
        pad = r * (2.0 if c[9] == SOFT else 1.0) + h
        wide = pad + np.abs(slide).max()
        heights = inner if inside[n] else zs
        if min(c[2], c[6]) - pad > heights.max() or max(c[2], c[6]) + pad < heights.min():
            continue
        i0 = max(int((min(c[0], c[4]) - pad - x0) / h), 0)
        i1 = min(int((max(c[0], c[4]) + pad - x0) / h) + 2, nx)
        j0 = max(int((min(c[1], c[5]) - wide - y0) / h), 0)
        j1 = min(int((max(c[1], c[5]) + wide - y0) / h) + 2, ny)
        dx, dy, dz = c[4] - c[0], c[5] - c[1], c[6] - c[2]
        L2 = dx * dx + dy * dy + dz * dz + 1e-9
        hu, mode, soft = c[8], c[9], c[10]
        for s in range(ns):
            z = heights[s]
            if z < min(c[2], c[6]) - pad or z > max(c[2], c[6]) + pad:
                continue
            qz = z - c[2]
            back = slide[s] if inside[n] else 0.0
            for j in range(j0, j1):
                qy = y0 + j * h - c[1] - back
                for i in range(i0, i1):
                    qx = x0 + i * h - c[0]
                    w = min(max((qx * dx + qy * dy + qz * dz) / L2, 0.0), 1.0)
                    ex, ey, ez = qx - w * dx, qy - w * dy, qz - w * dz
                    radius = c[3] + w * (c[7] - c[3])
                    cov = coverage(ex * ex + ey * ey + ez * ez, radius, h, mode, soft)
                    if cov <= 0.0:
                        continue
                    old = buf[s, j, i]
                    if mode == VESSEL:
                        if hu > old:
                            buf[s, j, i] = old + cov * (hu - old)
                    elif mode == MUSCLE:
                        if hu > old and old > -250.0 and closed[s, j, i] == 1:
                            buf[s, j, i] = old + cov * (1.0 - soft) * (hu - old)
                    elif mode == FASCIA:
                        if hu < old < 120.0 and closed[s, j, i] == 1:
                            buf[s, j, i] = old + cov * (hu - old)
                    elif mode == LUMEN:
                        if closed[s, j, i] == 0 or (radius > 3.4 and old < 38.0):  # not through a vessel
                            buf[s, j, i] = old + cov * (hu - old)
                    else:
                        if mode == SOFT and (closed[s, j, i] == 1 or old > hu):
                            continue
                        buf[s, j, i] = old + cov * (hu - old)
                    if kinds[n] > 0 and s == mid and lobes[j, i] > 0 and cov > (0.15 if mode == SOFT else 0.5):
                        lesion[j, i] = max(lesion[j, i], kinds[n])
