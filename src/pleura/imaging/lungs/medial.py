"""Aerated lung in, where the lung of each side begins beside the mediastinum out, also where opaque lung hides it."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.lungs.distance import distance_mm, extent, occupied
from pleura.imaging.lungs.mirror import MidPlane
from pleura.imaging.lungs.sheet import border_cost, cheapest_sheet

__all__ = ["beside_mediastinum", "medial_prior", "not_lung", "spread"]

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]
Cost = npt.NDArray[np.float32]

_SCALES_MM = (8.0, 20.0, 50.0)
_WIDE_MM = ((70.0, 58.0), (75.0, 65.0))
"""Right, left: lower, upper half."""
_LEAD_MM = 25.0
_LEAST_WIDE_MM = 55.0
"""A lung that begins further from the mid-plane than this, and `_LEAD_MM` further than the other one, begins at
opaque lung as well."""
_BEHIND_MM = 45.0
"""Beside and behind the spine's centre every lung begins nearer to the mid-plane than this, about `_SPINE_MM` off."""
_SPINE_MM = 28.0
_HEART_MM = 35.0
"""How much further from the mid-plane the left lung begins than the right one, beside the heart."""
_USUAL_MM = ((0.0, 0.1, 0.3, 0.55, 0.68, 0.8, 1.0), (5.0, 10.0, 38.0, 38.0, 22.0, 27.0, 38.0))
"""Where lungs begin when nothing is known: share of the way from the front of the chest to its back, mm."""
_FAT_HU = (0.0, -50.0)
"""Not fat at all, fat for certain; means over a few blocks."""
_BRIGHT_HU = (100.0, 150.0)
"""Consolidated lung stays below the first; vessels and heart full of contrast medium reach the second."""
_SMOOTH_MM = 2.5
_HEART_SHARE = 0.75
"""The left lung begins nearer than this share of half the chest's width beside the heart."""
_ROOM_MM = 35.0
_SURE, _GUESS = 0.5, 0.06
_EDGE_MM = 3.0
_RAMP_MM = 15.0


def not_lung(coarse: Coarse, air: Mask) -> Cost:
    """How surely each block is no opaque lung, 0 to 1: fat is not, nor blood with contrast medium.

    Blocks beside air are blurred with it and tell nothing.

    Parameters
    ----------
    coarse : the block means
    air : every block that is more air than tissue
    """
    tissue = np.asarray(coarse.hu > -200, dtype=np.float32)
    sigma = (0.0, *(_SMOOTH_MM / step for step in coarse.spacing[1:]))
    weight = ndimage.gaussian_filter(tissue, sigma, truncate=2.0)
    hu = ndimage.gaussian_filter(np.clip(coarse.hu, -200, 250) * tissue, sigma, truncate=2.0)
    hu /= np.maximum(weight, 1e-3)
    fat = np.clip((_FAT_HU[0] - hu) / (_FAT_HU[0] - _FAT_HU[1]), 0.0, 1.0)
    bright = np.clip((hu - _BRIGHT_HU[0]) / (_BRIGHT_HU[1] - _BRIGHT_HU[0]), 0.0, 1.0)
    clear = distance_mm(air, coarse.spacing) > 1.6 * max(coarse.spacing[1:])
    return np.asarray((fat + bright) * clear * (tissue > 0), dtype=np.float32)


def spread(values: Array, steps: tuple[float, float], default: float) -> Array:
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


def _begins(lung: Mask, plane: MidPlane) -> Array:
    """Distance from the mid-plane at which a side's aerated lung begins, (z, y), mm; NaN where there is none."""
    distance = np.where(lung, np.abs(plane.offset_mm())[None], np.inf).min(axis=2)
    return np.where(np.isfinite(distance), distance, np.nan)


def _furthest(both: Mask, spine: int, plane: MidPlane, *, left: bool) -> Array:
    """Distance from the mid-plane beyond which a lung begins at opaque lung, not at the mediastinum; (z, y), mm."""
    (low, high), (front, back) = extent(both, 0), extent(both, 1)
    height = np.arange(both.shape[0])[:, None]
    row = np.arange(both.shape[1])[None]
    limit = np.where(height > 0.5 * (low + high), *_WIDE_MM[left][::-1])
    limit = np.where(row >= spine, _BEHIND_MM, limit)
    if left:
        beside_heart = (row < min(spine, 0.3 * front + 0.7 * back)) & (height < 0.4 * low + 0.6 * high)
        half = np.percentile(np.abs(plane.offset_mm())[both.any(axis=0)], 99)
        limit = np.where(beside_heart, _HEART_SHARE * half, limit)
    return limit


def _heart(both: Mask) -> Array:
    """Where the heart pushes the left lung away, 0 to 1; axes (z, y)."""
    (low, high), (front, back) = extent(both, 0), extent(both, 1)
    height = (np.arange(both.shape[0]) - low)[:, None] / max(high - low, 1)
    row = (np.arange(both.shape[1]) - front)[None] / max(back - front, 1)
    tall = np.clip((0.65 - height) / 0.2, 0.0, 1.0)
    deep = np.clip((row - 0.05) / 0.15, 0.0, 1.0) * np.clip((0.65 - row) / 0.15, 0.0, 1.0)
    return np.asarray(tall * deep, dtype=np.float64)


def medial_prior(own: Mask, other: Mask, coarse: Coarse, plane: MidPlane, *, left: bool) -> tuple[Array, Mask]:
    """Distance from the mid-plane at which a side's lung should begin, were it all aerated; axes (z, y), mm.

    Where aerated lung tells, it is taken at its word, unless it begins implausibly far out. Elsewhere the other lung's
    reflection counts, moved by how far the two differ nearby, or by what the heart takes from the left one.

    Returns
    -------
    The distances, and whether aerated lung told each.
    """
    steps = coarse.spacing[0], coarse.spacing[1]
    both = own | other
    spine = _spine_row(coarse, plane, both)
    mine, theirs = _begins(own, plane), _begins(other, plane)
    limit, far = (_furthest(both, spine, plane, left=side) for side in (left, not left))
    theirs = np.where(theirs < far, theirs, np.nan)
    lead = _heart(both) * (_HEART_MM if left else -_HEART_MM)
    behind = (np.arange(own.shape[1]) >= spine)[None]
    front, back = extent(both, 1)
    row = (np.arange(own.shape[1]) - front) / max(back - front, 1)
    usual = np.interp(row, *_USUAL_MM)[None] + 0.5 * lead
    expected = np.where(np.isfinite(theirs), np.maximum(theirs + lead, 0.0), usual)
    doubtful = (mine >= limit) | ((mine - expected > _LEAD_MM) & (mine > _LEAST_WIDE_MM))
    known = np.isfinite(mine) & ~doubtful
    rest = spread(np.where(known, mine - expected, np.nan), steps, 0.0)
    medial = np.where(known, mine, np.maximum(expected + rest, 0.0))
    return np.where(~known & behind, np.minimum(medial, _SPINE_MM), medial), known


def beside_mediastinum(
    own: Mask, other: Mask, against: Cost, within: Mask, coarse: Coarse, plane: MidPlane, *, left: bool
) -> Mask:
    """Find everything on one side that is lateral of the mediastinum.

    A sheet is laid where the prior expects the border, drawn aside by what cannot be lung: it leaves mediastinal fat
    and vessels full of contrast medium on its medial side and aerated lung on its lateral side. Where aerated lung
    tells where it begins, that counts.

    Parameters
    ----------
    own, other : aerated lung of this side and of the other
    against : what `not_lung` gives
    within : inside of this side's chest wall; what is outside does not count
    coarse : the block means
    plane : the plane of symmetry
    left : whether this is the left side
    """
    prior, sure = medial_prior(own, other, coarse, plane, left=left)
    ny, nx = own.shape[1:]
    step = coarse.spacing[2]
    row_x = (plane.x_mm + (np.arange(ny) * coarse.spacing[1] - plane.y_mm) * np.tan(plane.turn)) / step
    sign = 1 if left else -1
    n = np.arange(int(np.ceil(0.6 * nx)))
    x = np.rint(row_x[:, None] + sign * n[None]).astype(np.int64)
    on_grid = (x >= 0) & (x < nx)
    x = np.clip(x, 0, nx - 1)
    rows = np.arange(ny)[:, None]
    away = n[None, None] * step * np.cos(plane.turn) - prior[..., None]
    near = (away < _ROOM_MM) & on_grid[None]
    lung = own[:, rows, x] & on_grid[None]
    weight = np.where(sure, _SURE, _GUESS)[..., None]
    pull = weight * np.clip(away / _RAMP_MM, -1.0, 1.0)
    inside = within[:, rows, x] & near
    barred = np.where(lung, 0.0, against[:, rows, x] * inside)
    as_lung = barred + np.maximum(-pull, 0.0)
    as_other = 4.0 * lung + np.maximum(pull, 0.0) * near
    cost = border_cost((as_other * step).astype(np.float32), (as_lung * step).astype(np.float32))
    behind = np.maximum(np.roll(barred, 1, axis=-1), np.roll(barred, 2, axis=-1))
    edge = np.clip(behind - barred, 0.0, 1.0)
    edge[..., :2] = 0.0
    cost -= (_EDGE_MM * edge * inside).astype(np.float32)
    nz = own.shape[0]
    start = int(np.argmax((own & ~other).sum(axis=(1, 2))))
    order = np.r_[np.arange(start, nz), np.arange(start - 1, -1, -1)].astype(np.int64)
    sheet = cheapest_sheet(cost, order, 0.15 * step, 0.08 * step, 6)
    offset = np.abs(plane.offset_mm())[None]
    begins = np.where(sure, prior, np.maximum(sheet - 0.5, 0.0) * step * np.cos(plane.turn))
    return np.asarray(offset >= begins[..., None])
