"""Block means and the air inside the patient in, the windpipe with its main branches out."""

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import ndimage

from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.lungs.distance import dilated

__all__ = ["find_airways"]

Mask = npt.NDArray[np.bool_]

_LUMEN_HU = -600
"""A windpipe's cross-section is delimited here: above lung, which is darker, and below its own blurred wall."""
_AREA_MM2 = (50.0, 700.0)
_OFF_MIDLINE_MM = 45.0
_SHORTEST_MM = 20.0
_STEP_HU = 10
_MOST_ML = 90.0
"""Windpipe and main bronchi of a large adult hold less air than this."""
_JUMP_ML = 12.0
"""A branch that adds more than this in one step of the threshold has leaked into the lung."""


@njit(cache=True, nogil=True)
def _least_threshold(
    hu: npt.NDArray[np.int16], seed: Mask, floor: int, step: int, levels: int
) -> npt.NDArray[np.int16]:
    """Find the lowest level at which each voxel joins the seed: level n lets HU below floor + n * step pass."""
    nz, ny, nx = hu.shape
    reached = np.full(hu.shape, levels, np.int16)
    queue = np.empty(hu.size, np.int64)
    waiting = np.empty(hu.size, np.int64)
    found = 0
    for p in range(hu.size):
        k, j, i = p // (ny * nx), p // nx % ny, p % nx
        if seed[k, j, i]:
            reached[k, j, i] = 0
            waiting[found] = p
            found += 1
    for level in range(levels):
        # voxels that were met at a lower level but are too dense for it wait in `waiting`
        top, left = 0, 0
        for n in range(found):
            p = waiting[n]
            k, j, i = p // (ny * nx), p // nx % ny, p % nx
            if reached[k, j, i] <= level:
                queue[top] = p
                top += 1
            else:
                waiting[left] = p
                left += 1
        found = left
        while top > 0:
            top -= 1
            p = queue[top]
            k, j, i = p // (ny * nx), p // nx % ny, p % nx
            for dk, dj, di in ((-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 1)):
                a, b, c = k + dk, j + dj, i + di
                if a < 0 or a >= nz or b < 0 or b >= ny or c < 0 or c >= nx or reached[a, b, c] < levels:
                    continue
                need = max(level, (hu[a, b, c] - floor) // step)
                if need >= levels:
                    continue
                reached[a, b, c] = need
                if need == level:
                    queue[top] = (a * ny + b) * nx + c
                    top += 1
                else:
                    waiting[found] = (a * ny + b) * nx + c
                    found += 1
    return reached


def _windpipe(coarse: Coarse, inside: Mask, midline: float) -> Mask:
    """Find the longest upright chain of windpipe-like cross-sections near the midline; empty if there is none."""
    lumen = inside & (coarse.hu < _LUMEN_HU)
    chain = np.zeros(lumen.shape, np.bool_)
    best = np.zeros_like(chain)
    best_score = 0.0
    flat = np.array([[[0, 0, 0]] * 3, [[0, 1, 0], [1, 1, 1], [0, 1, 0]], [[0, 0, 0]] * 3])
    labels, count = ndimage.label(lumen, structure=flat)
    if count == 0:
        return best
    area = np.bincount(labels.ravel(), minlength=count + 1) * coarse.pixel_mm2
    boxes = ndimage.find_objects(labels)
    fit = np.zeros(count + 1, np.bool_)
    for n, box in enumerate(boxes, start=1):
        if not _AREA_MM2[0] <= area[n] <= _AREA_MM2[1]:
            continue
        tall = (box[1].stop - box[1].start) * coarse.spacing[1]
        wide = (box[2].stop - box[2].start) * coarse.spacing[2]
        centre = 0.5 * (box[2].start + box[2].stop - 1)
        off = abs(centre - midline) * coarse.spacing[2]
        fit[n] = off <= _OFF_MIDLINE_MM and max(tall, wide) <= 2.5 * min(tall, wide) and area[n] >= 0.45 * tall * wide
    joined, _ = ndimage.label(fit[labels])
    for n, box in enumerate(ndimage.find_objects(joined), start=1):
        chain = joined[box] == n
        length = chain.any(axis=(1, 2)).sum() * coarse.spacing[0]
        middle = 0.5 * (box[0].start + box[0].stop)
        score = length * (1.0 if middle > 0.5 * lumen.shape[0] else 0.3)
        if length >= _SHORTEST_MM and score > best_score and np.median(coarse.hu[box][chain]) < -850:
            best_score = score
            best = joined == n
    return best


def find_airways(coarse: Coarse, inside: Mask, midline: float) -> Mask:
    """Windpipe and main bronchi with their walls, on the coarse grid; empty where no windpipe is in the scan.

    The windpipe is the longest upright chain of small round cross-sections near the midline. From it a flood goes on
    through air at a rising threshold, until it would leak through a bronchus into the lung: the tree is what was
    reached before a step added a volume that no windpipe and main bronchi have.

    Parameters
    ----------
    coarse : the block means
    inside : air inside the patient, on the same grid
    midline : x index of the patient's middle
    """
    seed = _windpipe(coarse, inside, midline)
    if not seed.any():
        return seed
    floor = -1024
    levels = (-700 - floor) // _STEP_HU
    hu = np.where(inside | seed, coarse.hu, 0).astype(np.int16)
    reached = _least_threshold(hu, seed, floor, _STEP_HU, levels)
    volume = np.cumsum(np.bincount(reached.ravel(), minlength=levels + 1)[:levels]) * coarse.voxel_ml
    last = 0
    for level in range(1, levels):
        if volume[level] > volume[0] + _MOST_ML or volume[level] - volume[level - 1] > _JUMP_ML:
            break
        last = level
    return dilated(reached <= last, coarse.spacing, 2.6)
