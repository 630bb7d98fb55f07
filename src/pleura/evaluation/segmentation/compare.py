"""A mask and its truth on one grid in; Dice, volumes and distances between their surfaces out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import KDTree

__all__ = ["MaskComparison", "compare_masks", "surface_distances"]

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MaskComparison:
    """How a mask agrees with its truth, as volumes."""

    truth_ml: float
    found_ml: float
    both_ml: float
    dice: float | None
    """Twice what both share over their sum, 0 to 1; None where there is nothing to be found, since a mask that is empty
    too would score a full 1 there, and any other 0, whatever its size."""
    hausdorff95_mm: float | None
    """95 % of each surface lie no farther from the other than this; None where one of the masks is empty."""
    surface_mm: float | None
    """Mean distance from each surface to the other, over both; None where one of the masks is empty."""


def compare_masks(found: Mask, truth: Mask, axes: npt.ArrayLike, *, surfaces: bool = True) -> MaskComparison:
    """Compare two masks.

    Parameters
    ----------
    found, truth : the same shape, three axes
    axes : (3, 3), columns are the steps from a voxel to its neighbour along each array axis, mm; they may be oblique
    surfaces : whether to measure distances, which takes longest

    Raises
    ------
    ValueError
        If shapes do not fit.

    References
    ----------
    L. R. Dice, Measures of the amount of ecologic association between species, Ecology 26 (1945) 297-302.
    """
    steps = np.asarray(axes, dtype=np.float64)
    if found.shape != truth.shape or found.ndim != 3 or steps.shape != (3, 3):
        raise ValueError(f"need two masks of one shape and 3 x 3 axes, got {found.shape}, {truth.shape}, {steps.shape}")
    ml = abs(float(np.linalg.det(steps))) / 1000.0
    counts = [int(np.count_nonzero(mask)) for mask in (truth, found, truth & found)]
    distances = surface_distances(found, truth, steps) if surfaces and counts[0] and counts[1] else None
    return MaskComparison(
        truth_ml=counts[0] * ml,
        found_ml=counts[1] * ml,
        both_ml=counts[2] * ml,
        dice=2 * counts[2] / (counts[0] + counts[1]) if counts[0] else None,
        hausdorff95_mm=None if distances is None else float(max(np.percentile(one, 95) for one in distances)),
        surface_mm=None if distances is None else float(np.concatenate(distances).mean()),
    )


def surface_distances(found: Mask, truth: Mask, axes: Numbers) -> tuple[Numbers, Numbers]:
    """Measure how far each surface voxel lies from the other mask's surface.

    A surface voxel is one of the mask with a face neighbour outside it; what lies beyond the image is outside.

    Parameters
    ----------
    found, truth : not empty, the same shape
    axes : as for `compare_masks`

    Returns
    -------
    Distances between voxel centres, mm: from each of the first mask's to the other surface, and the other way round.
    """
    one, other = (_surface(mask) @ axes.T for mask in (found, truth))
    there, back = KDTree(other).query(one)[0], KDTree(one).query(other)[0]
    return np.asarray(there, dtype=np.float64), np.asarray(back, dtype=np.float64)


def _surface(mask: Mask) -> Numbers:
    """List the surface voxels by their indices, (voxels, 3)."""
    box = ndimage.find_objects(mask.astype(np.uint8))[0]
    padded = np.pad(mask[box], 1)
    surface = padded & ~ndimage.binary_erosion(padded)
    first = np.array([one.start - 1 for one in box])
    return np.asarray(np.argwhere(surface) + first, dtype=np.float64)
