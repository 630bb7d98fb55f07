"""A lesion mask and the study's densities in, the kind of each lesion voxel out; with the kinds' labels and colours."""

import numpy as np
import numpy.typing as npt

__all__ = ["CONSOLIDATION", "FLUID", "GROUND_GLASS", "KIND_COLOURS", "KIND_LABELS", "OTHER", "split_kinds"]

GROUND_GLASS, CONSOLIDATION, OTHER, FLUID = 1, 2, 3, 4

KIND_LABELS = {
    GROUND_GLASS: "ground glass",
    CONSOLIDATION: "consolidation",
    OTHER: "nodule or other finding",
    FLUID: "pleural fluid",
}

KIND_COLOURS = {
    GROUND_GLASS: (230, 159, 0),
    CONSOLIDATION: (56, 156, 240),
    OTHER: (204, 121, 167),
    FLUID: (0, 158, 115),
}
"""Red, green, blue; orange against blue, which readers with a common colour deficiency tell apart, and both are seen
on black and on white."""


def split_kinds(
    lesions: npt.NDArray[np.uint8], hu: npt.NDArray[np.int16], consolidation_from_hu: int
) -> npt.NDArray[np.uint8]:
    """Tell consolidation from ground glass by density.

    Parameters
    ----------
    lesions : (z, y, x), not 0 in lesions
    hu : (z, y, x), Hounsfield units
    consolidation_from_hu : lesion of this density or more is consolidation

    Returns
    -------
    (z, y, x), 0 none, 1 ground glass, 2 consolidation.
    """
    kinds = (lesions > 0).astype(np.uint8)
    kinds[(hu >= consolidation_from_hu) & (kinds > 0)] = CONSOLIDATION
    return kinds
