"""Lung on the coarse grid in, each voxel's side out: a sheet from front to back between the right lung and the left."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.lungs.distance import distance_mm
from pleura.imaging.lungs.sheet import cheapest_sheet

__all__ = ["LEFT", "RIGHT", "dividing_sheet", "side_markers", "sides_of"]

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint8]

RIGHT, LEFT = 1, 2

_ERODE_MM = (0.0, 3.0, 6.0, 9.0, 13.0, 18.0)
_LEAST_ML = 3.0
_ONE_SIDED = 0.85


def side_markers(lung: Mask, coarse: Coarse, midline: float) -> Labels:
    """Parts of the lung that surely belong to one side: 1 right, 2 left, 0 undecided.

    Both lungs often form one component, joined in front of the heart where less than a voxel keeps them apart. The lung
    is eroded further and further until each component that is left lies on one side of the midline.
    """
    markers = np.zeros(lung.shape, np.uint8)
    left_of = (np.arange(lung.shape[2]) > midline).astype(np.float64)
    depth = distance_mm(~lung, coarse.spacing)
    for radius in _ERODE_MM:
        labels, count = ndimage.label(depth > radius)
        if count == 0:
            break
        size = np.bincount(labels.ravel(), minlength=count + 1).astype(np.float64)
        weight = np.broadcast_to(left_of, lung.shape)[labels > 0]
        share = np.bincount(labels[labels > 0], weights=weight, minlength=count + 1) / np.maximum(size, 1)
        large = size * coarse.voxel_ml >= _LEAST_ML
        large[0] = False
        side = np.where(share > _ONE_SIDED, LEFT, np.where(share < 1 - _ONE_SIDED, RIGHT, 0)) * large
        table = side.astype(np.uint8)
        found = table[labels]
        markers = np.where(markers == 0, found, markers).astype(np.uint8)
        mixed = large & (side == 0)
        if not mixed.any():
            break
        depth = np.where(mixed[labels], depth, 0)
    return markers


def dividing_sheet(markers: Labels, coarse: Coarse, midline: float) -> npt.NDArray[np.int32]:
    """Lay a sheet between the lungs: for each (z, y) the x index of the last voxel on the right side.

    In each slice the path from front to back is taken that leaves the fewest marked voxels on the wrong side, runs
    through dense tissue rather than air, so along the thin junction of the lungs where they touch, and stays near the
    midline and near the path of the next slice.
    """
    right = np.cumsum((markers == RIGHT)[..., ::-1], axis=2)[..., ::-1].astype(np.float32)
    right -= markers == RIGHT  # right lung beyond x
    left = np.cumsum(markers == LEFT, axis=2).astype(np.float32)
    airy = np.clip((100.0 - coarse.hu.astype(np.float32)) / 1000.0, 0.0, 1.0)
    x = np.arange(coarse.hu.shape[2], dtype=np.float32)
    away = np.abs(x - midline) * np.float32(coarse.spacing[2] / 500.0)
    cost = 4.0 * (right + left) + airy + away
    both = np.minimum((markers == RIGHT).sum(axis=(1, 2)), (markers == LEFT).sum(axis=(1, 2)))
    start = int(np.argmax(both))
    nz = coarse.hu.shape[0]
    order = np.r_[np.arange(start, nz), np.arange(start - 1, -1, -1)].astype(np.int64)
    return cheapest_sheet(cost.astype(np.float32), order, 0.1, 0.03 / max(1.0, coarse.spacing[0] / 5.0))


def sides_of(lung: Mask, sheet: npt.NDArray[np.int32]) -> Labels:
    """Label a lung mask by the sheet: 1 right, 2 left, 0 outside the mask."""
    x = np.arange(lung.shape[2])
    return np.where(lung, np.where(x <= sheet[..., None], RIGHT, LEFT), 0).astype(np.uint8)
