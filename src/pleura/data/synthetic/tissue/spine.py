"""A point near the spine in, its HU out: bodies, discs, canal, arches and processes, compiled."""

import numpy as np

from pleura.data.synthetic.anatomy.primitives import oval, smooth_step, tile
from pleura.data.synthetic.anatomy.shape import Shape
from pleura.data.synthetic.compiled import kernel

__all__ = ["NO_SPINE", "vertebra"]

NO_SPINE = -2000.0
"""What `vertebra` answers where there is no spine."""


@kernel
def vertebra(x: float, y: float, z: float, ys: float, S: Shape) -> float:
    """HU of the spine, or -2000 where there is no spine."""
    pitch = S.rib[0]
    v = (z - S.rib[1] * pitch) / pitch
    fr = v - np.floor(v)
    w = 0.9 + 0.1 * S.wide + 0.10 * (0.5 - z / S.H)
    q = y - ys
    trab = 190.0 * S.material[4]
    disc = fr < 0.17
    waist = 1.0 if disc else 0.90 + 0.45 * (fr - 0.585) ** 2 / 0.17
    back = 15.5 * w
    d = oval(x, q if q < 0 else q * 1.12, 19.5 * w * waist, 15.5 * w * waist, 2.3)
    if d < 0:
        if disc:
            return 88.0
        edge = min(-d, min(fr - 0.17, 1.0 - fr) * pitch)
        grain = 38.0 * tile(S.noise, x * 0.7, y * 0.7, z * 0.5)
        rim = 520.0 if -d < 2.4 else 380.0
        return float(trab + grain + (rim - trab) * (1.0 - smooth_step(edge, 0.5, 2.2)))
    qc = q - back - 7.5
    c = oval(x, qc, 10.0, 8.2, 2.0)
    if c < 0:
        r = np.sqrt(x * x + qc * qc)
        return 40.0 if r < 4.6 else (8.0 if r < 6.8 else -40.0)
    ring = oval(x, qc, 15.5, 13.0, 2.0)
    if ring < 0 and qc > -4:
        return 700.0 * (0.75 + 0.25 * S.material[4]) if 0.10 < fr < 0.86 else 65.0
    ax = abs(x)
    if 0.42 < fr < 0.92 and 9.0 < ax < 16.0 and q > 6 and q < back + 10:
        return 620.0
    # transverse process
    if 0.30 < fr < 0.80:
        lx, ly = ax - 14.0, qc - 3.0
        s = min(max((lx * 22 + ly * 9) / 565.0, 0.0), 1.0)
        e = np.sqrt((lx - 22 * s) ** 2 + (ly - 9 * s) ** 2 + ((fr - 0.55) * pitch * 0.75) ** 2)
        if e < 5.6:
            return 640.0 if e > 3.4 else 260.0
    # spinous process, slanting down
    sq = qc - 11.0
    if 0 < sq < 30:
        u = v + 0.62 * sq / pitch
        fu = u - np.floor(u) - 0.45
        half = 2.3 + 0.05 * sq
        if abs(fu) < 0.33 and ax < half + 1.5 * abs(fu):
            return 720.0 if ax > half - 1.4 or abs(fu) > 0.26 else 330.0
    return NO_SPINE
