"""A coarse lung mask in, the mask on the volume's own voxels out: the border follows the volume's own HU."""

import numpy as np
import numpy.typing as npt
from numba import njit

from pleura.imaging.lungs.body import AIR_HU
from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.volume import Volume

__all__ = ["refine"]

Labels = npt.NDArray[np.uint8]

NOT_LUNG, SURE, BY_DENSITY = 0, 1, 2


@njit(cache=True, nogil=True)
def _refine(hu: npt.NDArray[np.int16], side: Labels, rule: Labels, fz: int, fy: int, fx: int, limit: int) -> Labels:
    nz, ny, nx = hu.shape
    out = np.zeros(hu.shape, np.uint8)
    for k in range(nz):
        a = k // fz
        for j in range(ny):
            b = j // fy
            for c in range((nx + fx - 1) // fx):
                how = rule[a, b, c]
                if how == 0:
                    continue
                label = side[a, b, c]
                for i in range(c * fx, min((c + 1) * fx, nx)):
                    if how == 1 or hu[k, j, i] < limit:
                        out[k, j, i] = label
    return out


def refine(volume: Volume, coarse: Coarse, side: Labels, rule: Labels) -> Labels:
    """Bring a coarse mask to the volume's grid.

    Parameters
    ----------
    volume : whose HU decide at the border
    coarse : the grid of the masks
    side : 1 right, 2 left, wherever `rule` is not 0
    rule : 0 not lung, 1 lung, 2 lung where the volume's own voxel is air
    """
    return np.asarray(_refine(volume.hu, side, rule, *coarse.factors, AIR_HU))
