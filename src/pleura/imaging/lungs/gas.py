"""Block means and the air inside the patient in, the gas of stomach, bowel and gullet out."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.lungs.distance import distance_mm

__all__ = ["find_gas"]

Mask = npt.NDArray[np.bool_]

_GAS_HU = -930
_LUNG_HU = (-930, -600)
_LEAST_ML = 1.0
_LUNG_SHARE = 0.08


def find_gas(coarse: Coarse, inside: Mask) -> Mask:
    """Find pockets of nearly pure air with no lung around.

    An emphysematous lung can be as dark, but goes over into lung; a pocket of gas ends at a wall. So each pocket is
    judged by what lies two to three blocks behind its border: hardly any voxel there has lung's density around gas.

    Parameters
    ----------
    coarse : the block means
    inside : air inside the patient, on the same grid

    Returns
    -------
    The pockets with their blurred borders, on the coarse grid.
    """
    labels, count = ndimage.label(inside & (coarse.hu < _GAS_HU))
    out = np.zeros(inside.shape, np.bool_)
    if count == 0:
        return out
    size = np.bincount(labels.ravel(), minlength=count + 1) * coarse.voxel_ml
    block = max(coarse.spacing[1:])
    reach = [int(np.ceil(3.2 * block / step)) for step in coarse.spacing]
    for n, box in enumerate(ndimage.find_objects(labels), start=1):
        if size[n] < _LEAST_ML:
            continue
        wide = tuple(
            slice(max(s.start - r, 0), min(s.stop + r, limit))
            for s, r, limit in zip(box, reach, inside.shape, strict=True)
        )
        distance = distance_mm(labels[wide] == n, coarse.spacing)
        behind = (distance > 1.9 * block) & (distance <= 3.1 * block)
        values = coarse.hu[wide][behind]
        if values.size and ((values > _LUNG_HU[0]) & (values < _LUNG_HU[1])).mean() < _LUNG_SHARE:
            out[wide] |= (distance <= 1.5 * block) & inside[wide]
    return out
