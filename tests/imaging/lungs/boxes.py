"""A chest made of boxes: body, spine and two lungs whose places are known by hand."""

import numpy as np
import numpy.typing as npt

from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.volume import Source, Volume

__all__ = ["SPACING", "coarse_of", "dice", "lung_boxes", "volume_of"]

SPACING = (5.0, 4.0, 4.0)
Mask = npt.NDArray[np.bool_]


def dice(a: Mask, b: Mask) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def lung_boxes() -> tuple[npt.NDArray[np.int16], Mask, Mask]:
    """HU (40, 60, 80), the right and the left lung; mirror images about column 39.5."""
    hu = np.full((40, 60, 80), -1000, np.int16)
    hu[:, 6:54, 6:74] = 40
    hu[:, 44:51, 37:43] = 400
    right, left = np.zeros(hu.shape, np.bool_), np.zeros(hu.shape, np.bool_)
    right[6:34, 14:46, 12:35] = True
    left[6:34, 14:46, 45:68] = True
    hu[right | left] = -850
    for k in range(2, 38, 3):  # ribs beside and behind the lungs
        for columns in (slice(10, 11), slice(69, 70)):
            hu[k, 14:46, columns] = 500
        hu[k, 47, 12:35] = hu[k, 47, 45:68] = 500
    return hu, right, left


def coarse_of(hu: npt.NDArray[np.int16], spacing: tuple[float, float, float] = SPACING) -> Coarse:
    return Coarse(hu=hu.astype(np.int16), factors=(1, 1, 1), spacing=spacing)


def volume_of(hu: npt.NDArray[np.int16], spacing: tuple[float, float, float] = SPACING) -> Volume:
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *spacing, 1.0
    return Volume(hu=np.ascontiguousarray(hu), affine=affine, source=Source(format="synthetic", sha256="0" * 64))
