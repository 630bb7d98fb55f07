"""A point in a lung and the fields of disease in, its HU and kind of lesion out, compiled."""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.primitives import smooth_step, tile
from pleura.data.synthetic.anatomy.shape import Shape
from pleura.data.synthetic.compiled import kernel
from pleura.data.synthetic.findings.kinds import CONSOLIDATION, FLUID, GROUND_GLASS
from pleura.data.synthetic.tissue.septa import cell_walls

__all__ = ["disease_at", "lung"]

Array = npt.NDArray[np.float64]


@kernel
def disease_at(
    F: npt.NDArray[np.float32], origin: Array, inverse: float, x: float, y: float, z: float
) -> tuple[float, float, float, float]:
    """Ground glass, consolidation, septa and fluid at a point, each 0 to 1; F is (z, y, x, 4)."""
    gg, co, pv, fl = 0.0, 0.0, 0.0, 0.0
    a0 = (x - origin[0]) * inverse
    b0 = (y - origin[1]) * inverse
    c0 = (z - origin[2]) * inverse
    if 0 <= a0 < F.shape[2] - 1 and 0 <= b0 < F.shape[1] - 1 and 0 <= c0 < F.shape[0] - 1:
        i0, j0, k0 = int(a0), int(b0), int(c0)
        wx, wy, wz = a0 - i0, b0 - j0, c0 - k0
        for dk in range(2):
            wk = wz if dk else 1 - wz
            for dj in range(2):
                wj = wk * (wy if dj else 1 - wy)
                for di in range(2):
                    w = wj * (wx if di else 1 - wx)
                    q = F[k0 + dk, j0 + dj, i0 + di]
                    gg += w * q[0]
                    co += w * q[1]
                    pv += w * q[2]
                    fl += w * q[3]
    return gg, co, pv, fl


@kernel
def lung(
    x: float,
    y: float,
    z: float,
    cage: float,
    fissure: float,
    density: float,
    F: npt.NDArray[np.float32],
    origin: Array,
    inverse: float,
    S: Shape,
) -> tuple[float, int]:
    """HU and kind of lesion of a point in a lung.

    Parameters
    ----------
    x, y, z : place in full inspiration, mm
    cage, fissure : distance to the rib cage, negative, and to the nearest fissure, mm
    density : how many times denser the lung is than in full inspiration, because of the depth of breath
    F, origin, inverse : as in `disease_at`
    S : the anatomy, its material as on the day of the scan
    """
    par, grav, emph, _, _, dep = S.material
    t = z / S.H
    n0 = tile(S.noise, x * 0.55, y * 0.55, z * 0.45)
    n1 = tile(S.noise, x * 0.16 + 5, y * 0.16, z * 0.16)
    n2 = tile(S.noise, x * 0.05, y * 0.05 + 17, z * 0.05)
    hu = par + 16.0 * n0 + 11.0 * n1 + 9.0 * n2
    hu = (hu + 1000.0) * density - 1000.0 + grav * (y - 5.0) / 180.0
    if emph > 0:
        e = n1 + 0.8 * n2 + 1.6 * (t - 0.55)
        w = smooth_step(e, 2.6 - 2.4 * emph, 3.0 - 2.4 * emph)
        hu += w * (-968.0 - hu)
    if dep > 0.05 and y > 25:
        hu += 330.0 * dep * np.exp(cage / (3.0 + 5.0 * dep)) * smooth_step(y, 30.0, 85.0) * (0.8 + 0.5 * n1)
    if fissure < 0.8 and n2 > -0.7:
        hu += 230.0 * (1.0 - fissure / 0.8)
    kind = 0
    _, _, _, fl = disease_at(F, origin, inverse, x, y, z)
    bend = min(fissure / 6.0, 1.0)  # outlines are uneven, except along a fissure
    bent_x, bent_y, bent_z = x + bend * (2.6 * n1 + 0.8 * n0), y + bend * (2.4 * n2 - 1.2 * n0), z - bend * 2.2 * n1
    gg, co, pv, _ = disease_at(F, origin, inverse, bent_x, bent_y, bent_z)
    if gg > 0.01:
        a = gg * (1.0 + 0.28 * n1 + 0.20 * n0 + 0.15 * n2)
        if pv > 0.02:
            a += pv * 0.48 * cell_walls(x / 8.5 + 0.22 * n1, y / 8.5 + 0.25 * n2, z / 16.0)
        a = min(max(a, 0.0), 0.93)
        hu += a * (35.0 - hu)
        if gg > 0.14:
            kind = GROUND_GLASS
    if co > 0.2:
        c = smooth_step(co + 0.15 * n1 + 0.10 * n0, 0.38, 0.66)
        hu += c * (38.0 + 5.0 * n1 - hu)
        if c > 0.5:
            kind = CONSOLIDATION
    if fl > 0.3:
        c = smooth_step(fl, 0.45, 0.55)
        hu += c * (12.0 - hu)
        if c > 0.5:
            kind = FLUID
    return hu, kind
