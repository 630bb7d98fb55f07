"""Aerated lung in, the height of the diaphragm under each lung out, also where opaque lung hides it."""

import numpy as np
import numpy.typing as npt

from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.lungs.distance import extent
from pleura.imaging.lungs.medial import spread
from pleura.imaging.lungs.mirror import MidPlane
from pleura.imaging.lungs.wall import Wall

__all__ = ["floor_map"]

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]

_RAISED_MM = 25.0
"""A lung that ends higher above the other one's base than this ends at opaque lung, not at the diaphragm."""
_HIGHER_MM = 10.0
"""The right dome of the diaphragm stands higher than the left by about this much."""
_RINGS = 8
_RECESS_MM = 45.0
_RECESS_FROM, _RECESS_TO = 0.55, 0.95
"""Behind the first share of the way from front to back the diaphragm falls, by `_RECESS_MM` at the second."""


def _dome(base: Array, wall: Wall, coarse: Coarse, both: Mask) -> Array:
    """Height of a round dome under a side's lung, which falls from its middle to the chest wall; (y, x), mm.

    The height at a share of the way to the wall is the lower third of the bases known there.
    """
    low, high = extent(both, 0)
    lower = slice(low, (low + high) // 2 + 1)
    centre = np.median(wall.centre[lower], axis=0)
    reach = np.maximum(wall.radius[lower].max(axis=0), 1.0)
    dy = np.arange(base.shape[0])[:, None] * coarse.spacing[1] - centre[0]
    dx = np.arange(base.shape[1])[None, :] * coarse.spacing[2] - centre[1]
    turn = np.rint(np.arctan2(dy, dx) / (2 * np.pi) * reach.size).astype(np.int64) % reach.size
    share = np.hypot(dy, dx) / reach[turn]
    edges = np.linspace(0.0, 1.0, _RINGS + 1)
    middles = 0.5 * (edges[1:] + edges[:-1])
    heights = np.full(_RINGS, np.nan)
    for ring in range(_RINGS):
        here = base[(share >= edges[ring]) & (share < edges[ring + 1])]
        here = here[np.isfinite(here)]
        if here.size >= 5:
            heights[ring] = np.percentile(here, 33)
    known = np.isfinite(heights)
    if not known.any():
        return np.full(base.shape, np.inf)
    heights = np.minimum.accumulate(np.interp(middles, middles[known], heights[known]))
    return np.asarray(np.interp(share, middles, heights), dtype=np.float64)


def _fallen(dome: Array, front: int, back: int) -> Array:
    """Let a dome fall towards the back into the recess behind the diaphragm."""
    row = (np.arange(len(dome)) - front) / max(back - front, 1)
    fall = _RECESS_MM * np.clip((row - _RECESS_FROM) / (_RECESS_TO - _RECESS_FROM), 0.0, 1.0) ** 2
    return np.asarray(np.minimum(dome, dome.max() - fall[:, None]), dtype=np.float64)


def floor_map(own: Mask, other: Mask, wall: Wall, coarse: Coarse, plane: MidPlane, *, left: bool) -> Array:
    """Height of the diaphragm under a lung, were it all aerated; axes (y, x), mm above the lowest slice.

    Where aerated lung tells, it is taken at its word, unless it ends implausibly far above the other lung's base.
    """
    sz, sy, sx = coarse.spacing
    base, theirs = (np.where(mask.any(axis=0), mask.argmax(axis=0) * sz, np.nan) for mask in (own, other))
    across = plane.reflect_map(theirs)
    normal = -_HIGHER_MM if left else _HIGHER_MM
    doubtful = base - across > normal + _RAISED_MM
    dome = _dome(np.where(np.isfinite(base) & ~doubtful, base, across + normal), wall, coarse, own | other)
    front, back = extent(own | other, 1)
    middle = (front + back) // 2
    behind = (np.arange(base.shape[0]) >= middle)[:, None]
    doubtful |= behind & (base > dome + _RAISED_MM)
    across = np.where(behind & (across + normal > dome + _RAISED_MM), np.nan, across)
    dome = _fallen(dome, front, back)
    rise = spread(np.where(doubtful, np.nan, base - across), (sy, sx), normal)
    floor = np.where(doubtful | ~np.isfinite(base), across + rise, base)
    floor = np.where(doubtful, np.fmin(floor, np.fmax(dome, across)), floor)
    floor = np.where(np.isfinite(floor), floor, dome)
    floor[middle:] = np.minimum.accumulate(floor[middle:], axis=0)
    return floor
