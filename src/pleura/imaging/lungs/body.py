"""Block means in, the air around the patient and the air inside the patient out."""

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import ndimage

from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.lungs.distance import distance_mm

__all__ = ["AIR_HU", "inside_air", "outside_air"]

Mask = npt.NDArray[np.bool_]

AIR_HU = -400
"""Halfway between aerated lung, about -850, and soft tissue, about 40: below this a voxel is more air than tissue."""
_EMPTY_HU = -930
"""Room air is about -1000; lung at the edge of a field of view too small for the chest stays above this."""
_WALL_MM = 7.0
"""Skin, fat, muscle and ribs between a lung and the room are at least this thick."""


@njit(cache=True, nogil=True)
def _flood_slices(air: Mask, seed: Mask) -> Mask:
    """Per slice, the air joined within the slice (4 neighbours) to a seed on the slice's border."""
    nz, ny, nx = air.shape
    out = np.zeros(air.shape, np.bool_)
    stack = np.empty(ny * nx, np.int64)
    for k in range(nz):
        top = 0
        for j in range(ny):
            step = 1 if j in (0, ny - 1) else max(nx - 1, 1)
            for i in range(0, nx, step):
                if seed[k, j, i] and not out[k, j, i]:
                    out[k, j, i] = True
                    stack[top] = j * nx + i
                    top += 1
        while top > 0:
            top -= 1
            j, i = stack[top] // nx, stack[top] % nx
            for dj, di in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                a, b = j + dj, i + di
                if 0 <= a < ny and 0 <= b < nx and air[k, a, b] and not out[k, a, b]:
                    out[k, a, b] = True
                    stack[top] = a * nx + b
                    top += 1
    return out


def outside_air(coarse: Coarse) -> Mask:
    """Air that reaches the border of its own slice: the room, and what a field of view leaves empty.

    The flood stays within each slice, so a windpipe that opens to the room at the mouth or at the top of the scan does
    not carry it into the lungs. It starts from nearly empty voxels only, so a lung that a small field of view cuts
    off at its border is not taken for the room.
    """
    return _flood_slices(coarse.hu < AIR_HU, coarse.hu < _EMPTY_HU)


def inside_air(coarse: Coarse, outside: Mask) -> tuple[npt.NDArray[np.int32], int]:
    """Label the air inside the patient, component by component.

    Air under clothing, between arm and chest, or in a hollow couch is closed in too, but the room lies just behind its
    wall. A component is dropped where the room is within `_WALL_MM` of more than a quarter of its surface.

    Returns
    -------
    Labels on the coarse grid, 0 for none, and their number.
    """
    inside = (coarse.hu < AIR_HU) & ~outside
    labels, count = ndimage.label(inside)
    if count == 0:
        return np.zeros(inside.shape, np.int32), 0
    surface = inside & ~ndimage.binary_erosion(inside, border_value=1)
    near_room = distance_mm(outside, coarse.spacing) <= max(_WALL_MM, 1.1 * coarse.spacing[1])
    whole = np.bincount(labels[surface], minlength=count + 1)
    exposed = np.bincount(labels[surface & near_room], minlength=count + 1)
    keep = exposed <= 0.25 * np.maximum(whole, 1)
    keep[0] = False
    order = np.cumsum(keep) * keep
    return order[labels].astype(np.int32), int(keep.sum())
