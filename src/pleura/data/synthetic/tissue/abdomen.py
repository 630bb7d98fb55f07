"""A point below the diaphragm in, its HU out: liver, spleen, stomach and fat, compiled."""

import numpy as np

from pleura.data.synthetic.anatomy.primitives import smooth_step, tile
from pleura.data.synthetic.anatomy.shape import Shape
from pleura.data.synthetic.compiled import kernel

__all__ = ["abdomen"]


@kernel
def abdomen(x: float, y: float, z: float, below: float, cage: float, ys: float, S: Shape) -> float:
    """HU of the abdomen, given the depth below the diaphragm and the distance to the rib cage, mm."""
    n1 = tile(S.noise, x * 0.06, y * 0.06 + 11, z * 0.06)
    if below < 2.6 or cage > -2.0:
        return 46.0
    if cage > -4.0 - 1.2 * n1 and y > -20:
        return -95.0
    blood = S.material[3]
    w, d = S.wide, S.deep
    # aorta and crura come as capsules; here the organs
    edge = S.organs[0] * w + S.organs[1] - 0.55 * max(y + 35 * d, 0.0) - 0.25 * max(-z, 0.0) + 4.0 * n1
    liver = max(x - edge, y - ys + 10.0 - 0.45 * max(-x - 15, 0.0))
    if liver < -1.5:
        vein = abs(tile(S.noise, x * 0.02 + 40, y * 0.02, z * 0.02) - 0.3)
        hv = S.organs[3] + 0.35 * (blood - 42.0) + 3.0 * n1
        return float(hv + (0.55 * (blood - 42.0) - 18.0) * smooth_step(vein, 0.06, 0.01))
    e = (
        np.sqrt(
            ((x - 92 * w) / (30 * w)) ** 2
            + ((y - 38 * d) / (44 * d)) ** 2
            + ((z - S.dome[5] + 44.0 - 0.6 * S.organs[4]) / 52) ** 2
        )
        + 0.05 * n1
    )
    if e < 1.0:
        return float(50.0 + 0.5 * (blood - 42.0) + 2.0 * n1)
    st = (
        np.sqrt(((x - 62 * w) / (42 * w)) ** 2 + ((y + 22 * d) / (46 * d)) ** 2 + ((z - S.dome[5] + 46.0) / 50) ** 2)
        + 0.06 * n1
    )
    if st < 1.0:
        if st > 0.90:
            return 42.0
        level = -22 * d - 38 * d + 60 * S.organs[2]
        if y < level:
            return -960.0
        return 28.0 + 26.0 * tile(S.noise, x * 0.25, y * 0.25, z * 0.25)
    return -98.0 + 8.0 * n1
