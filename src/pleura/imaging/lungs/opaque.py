"""Aerated lung in, the opaque lung that the chest's own symmetry and shape say is there as well out."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.lungs.distance import extent, occupied
from pleura.imaging.lungs.mirror import MidPlane
from pleura.imaging.lungs.wall import Wall, beyond_lung, inside

__all__ = ["floor_map", "medial_map", "opaque_lung"]

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]

_OPAQUE_HU = 100
"""Consolidated lung stays below this, also with contrast medium."""
_SCALES_MM = (8.0, 20.0, 50.0, 120.0)
_RAISED_MM = 25.0
"""A lung that ends higher above the other one's base than this ends at opaque lung, not at the diaphragm."""
_HIGHER_MM = 10.0
"""The right dome of the diaphragm stands higher than the left by about this much."""
_RINGS = 8
_WIDE_MM = ((70.0, 58.0), (75.0, 65.0))
"""Right, left: lower, upper half."""
_LEAD_MM = 25.0
_LEAST_WIDE_MM = 55.0
"""A lung that begins further from the mid-plane than this, and `_LEAD_MM` further than the other one, begins at
opaque lung as well."""
_BEHIND_MM = 45.0
"""Beside and behind the spine's centre every lung begins nearer to the mid-plane than this, about `_SPINE_MM` off."""
_SPINE_MM = 30.0


def _spread(values: Array, steps: tuple[float, float], default: float) -> Array:
    """Fill the unknown (NaN) cells of a map from the known ones around them, from near to far."""
    known = np.isfinite(values)
    out = np.where(known, values, 0.0)
    for scale in _SCALES_MM:
        sigma = tuple(scale / step for step in steps)
        weight = ndimage.gaussian_filter(known.astype(np.float64), sigma, mode="constant", truncate=3.0)
        total = ndimage.gaussian_filter(np.where(known, out, 0.0), sigma, mode="constant", truncate=3.0)
        fresh = ~known & (weight > 0.02)
        out[fresh] = total[fresh] / weight[fresh]
        known |= fresh
    out[~known] = default
    return out


def _spine_row(coarse: Coarse, plane: MidPlane, lung: Mask) -> int:
    """Row of the spine's centre: the median row of bone near the mid-plane, in the back half of the chest."""
    first, last = extent(lung, 1)
    near = (np.abs(plane.offset_mm()) < 12.0) & (np.arange(lung.shape[1]) > (first + last) // 2)[:, None]
    bone = (coarse.hu[occupied(lung, 0)] > 150) & near[None]
    counts = np.cumsum(bone.sum(axis=(0, 2)))
    if counts[-1] == 0:
        return int(0.2 * first + 0.8 * last)
    return int(np.searchsorted(counts, 0.5 * counts[-1]))


def _medial(lung: Mask, spine: int, plane: MidPlane, *, left: bool) -> Array:
    """Distance from the mid-plane at which aerated lung begins, (z, y), mm; NaN where there is none or it cannot be.

    Lung that begins too far out begins at opaque lung, not at the mediastinum: beyond `_BEHIND_MM` beside and behind
    the spine's centre, beyond `_WIDE_MM` elsewhere, except beside the left of the heart.
    """
    distance = np.where(lung, np.abs(plane.offset_mm())[None], np.inf).min(axis=2)
    (low, high), (front, back) = extent(lung, 0), extent(lung, 1)
    height = np.arange(lung.shape[0])[:, None]
    row = np.arange(lung.shape[1])[None]
    limit = np.where(height > 0.5 * (low + high), *_WIDE_MM[left][::-1])
    limit = np.where(row >= spine, _BEHIND_MM, limit)
    if left:
        beside_heart = (row < min(spine, 0.3 * front + 0.7 * back)) & (height < 0.4 * low + 0.6 * high)
        limit = np.where(beside_heart, np.inf, limit)
    return np.where(distance < limit, distance, np.nan)


def medial_map(own: Mask, other: Mask, coarse: Coarse, plane: MidPlane, *, left: bool) -> tuple[Array, Mask]:
    """Distance from the mid-plane at which a side's lung begins, were it all aerated; axes (z, y), mm.

    Where aerated lung tells, it is taken at its word, unless it begins implausibly far out. Elsewhere the other lung's
    reflection counts, moved by how far the two differ where both are known.

    Returns
    -------
    The distances, and the rows in which lung is expected although no aerated lung shows where it begins.
    """
    steps = coarse.spacing[0], coarse.spacing[1]
    spine = _spine_row(coarse, plane, own | other)
    mine = _medial(own, spine, plane, left=left)
    theirs = _medial(other, spine, plane, left=not left)
    low, high = extent(own, 0)
    height = np.arange(len(own))[:, None]
    heart = (height < 0.4 * low + 0.6 * high) & left
    doubtful = (mine - theirs > _LEAD_MM) & (mine > _LEAST_WIDE_MM) & ~heart
    known = np.isfinite(mine) & ~doubtful
    lead = _spread(np.where(known, mine - theirs, np.nan), steps, 0.0)
    medial = _spread(np.where(known, mine, theirs + lead), steps, 40.0)
    behind = (np.arange(own.shape[1]) >= spine)[None]
    medial = np.where(~known & behind, np.minimum(medial, _SPINE_MM), medial)
    return medial, ~known & (np.isfinite(theirs) | (height > 0.5 * (low + high)))


def _dome(base: Array, wall: Wall, coarse: Coarse, lung: Mask) -> Array:
    """Height of a round dome under a side's lung, which falls from its middle to the chest wall; (y, x), mm.

    The height at a share of the way to the wall is the lower third of the bases known there.
    """
    low, high = extent(lung, 0)
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


def floor_map(own: Mask, other: Mask, wall: Wall, coarse: Coarse, plane: MidPlane, *, left: bool) -> Array:
    """Height of the diaphragm under a lung, were it all aerated; axes (y, x), mm above the lowest slice.

    Where aerated lung tells, it is taken at its word, unless it ends implausibly far above the other lung's base.
    """
    sz, sy, sx = coarse.spacing
    base, theirs = (np.where(mask.any(axis=0), mask.argmax(axis=0) * sz, np.nan) for mask in (own, other))
    across = plane.reflect_map(theirs)
    normal = -_HIGHER_MM if left else _HIGHER_MM
    doubtful = base - across > normal + _RAISED_MM
    rise = _spread(np.where(doubtful, np.nan, base - across), (sy, sx), normal)
    floor = np.where(doubtful | ~np.isfinite(base), across + rise, base)
    dome = _dome(base, wall, coarse, own)
    floor = np.where(np.isfinite(floor), np.where(doubtful, np.minimum(floor, np.maximum(dome, across)), floor), dome)
    front, back = extent(own | other, 1)
    middle = (front + back) // 2
    floor[middle:] = np.minimum.accumulate(floor[middle:], axis=0)
    return floor


def opaque_lung(own: Mask, other: Mask, wall: Wall, coarse: Coarse, plane: MidPlane, *, left: bool) -> Mask:
    """Find opaque lung of one side.

    Parameters
    ----------
    own, other : aerated lung of this side and of the other, with the gaps of vessels closed
    wall : this side's inner chest wall
    coarse : the block means
    plane : the plane of symmetry
    left : whether this is the left side
    """
    offset = plane.offset_mm()
    here = offset > 0 if left else offset < 0
    medial, guessed = medial_map(own, other, coarse, plane, left=left)
    lateral = np.abs(offset)[None] >= medial[..., None]
    height = (np.arange(coarse.hu.shape[0]) + 0.5)[:, None, None] * coarse.spacing[0]
    above = height >= floor_map(own, other, wall, coarse, plane, left=left)[None]
    shown = plane.reflect(other) | beyond_lung(wall, coarse) | guessed[..., None]
    expected = here[None] & inside(wall, coarse) & lateral & above & shown
    return np.asarray(expected & (coarse.hu < _OPAQUE_HU) & ~own)
