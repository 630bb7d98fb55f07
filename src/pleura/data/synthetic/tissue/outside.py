"""A point outside the skin in, its HU out: air, a gown and the couch, compiled."""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.primitives import tile
from pleura.data.synthetic.compiled import kernel

__all__ = ["outside"]


@kernel
def outside(
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    skin: float,
    couch: npt.NDArray[np.float64],
    noise: npt.NDArray[np.float32],
) -> float:
    """HU outside the body.

    Parameters
    ----------
    x, y, z : place in the patient's frame, mm
    u, v : place in the scanner's frame, to the left and to the back, mm
    skin : distance to the skin, mm
    couch : depth of its top, bend, half width, all mm, and HU of its shell; (4,)
    noise : the patient's noise tile
    """
    hu = -1000.0
    if skin < 34 and v < couch[0] - 4:  # clothes: thin folded sheets that touch and leave the skin
        fold = tile(noise, x * 0.016, y * 0.016, z * 0.012)
        if skin < 24 and abs(skin - 6.0 - 7.0 * fold) < 0.8:
            hu = -880.0
        fine = tile(noise, x * 0.045 + 23, y * 0.045, z * 0.02)
        if abs(skin - 9.0 - 9.0 * fold - 3.5 * fine) < 0.7 + 0.5 * fine:
            hu = -905.0
    tb = v - (couch[0] - couch[1] * u * u)  # a curved couch: two shells with foam between
    if tb > 0 and abs(u) < couch[2]:
        under = v - (couch[0] + 34.0 - 1.9 * couch[1] * u * u)
        if tb < 2.0 or (under < 0 and under > -2.2):
            hu = couch[3]
        elif under < 0:
            hu = -945.0
    return hu
