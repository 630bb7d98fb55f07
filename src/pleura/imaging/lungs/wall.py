"""Aerated lung, bone and the mid-plane in, the inside of the rib cage out, also where opaque lung hides it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import ndimage

from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.lungs.distance import dilated, eroded, extent, occupied
from pleura.imaging.lungs.mirror import MidPlane

__all__ = ["Wall", "find_wall"]

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float32]

ANGLES = 96
_RIB_HU = 200.0
_RIB_TO_LUNG_MM = 3.0
_NEAR_Z_MM = 14.0
_NEAR_TURN = np.deg2rad(18.0)
_CENTRE = 0.48
"""Centre of a half of the chest, as a share of its half width."""
_FREE_MM = 25.0
_THICK_MM = 7.0
"""Vertebrae, and a heart full of contrast medium, are thicker than twice this; ribs are not."""
_FAT_HU = (-160, -45)
_BRIGHT_HU = 110
_HEART_MM = 70.0
_HEART_ML = 30.0
_ABOVE_BLOOD_HU = 50.0
_NEARER = (0.25, 0.1)
_MEDIAL = 0.6
_NEAR_MM = 15.0
_THIN_MM = 9.0
_ALIKE_MM = 15.0
_BRIDGE_MM = 12.0
_BRIDGE_TURN = np.deg2rad(11.5)
_SHOULDERS = 0.75
_APEX = 0.9
_ACROSS_MM = 70.0
_ACROSS_BACK_MM = 105.0
_BACKWARD = 0.2
_CARTILAGE = -0.6
"""Sine of the direction, from the centre, in front of which ribs are cartilage."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Wall:
    """One side's inner chest wall in polar coordinates about the middle of that half of the chest."""

    centre: Array
    """(y, x) of the centre in each slice, mm from the grid's first block; shape (z, 2)."""
    radius: Array
    """Distance from the centre to the wall, mm; axes (z, angle); 0 where nothing is known."""
    lung: Array
    """Distance from the centre to the outermost aerated lung, mm; 0 where a ray meets none."""
    reached: Mask
    """Whether lung can be taken to reach the wall along a ray."""


@njit(cache=True, nogil=True)
def _march(
    lung: Mask, hu: npt.NDArray[np.int16], bone: Mask, centre: Array, sy: float, sx: float, fatty: Mask, free: float
) -> tuple[Array, Array]:
    """Outermost lung, and the first bone or layer of fat beyond it, along rays in each slice; mm, 0 and inf if none.

    Fat only counts along the rays that are `fatty`: elsewhere it may be that of the mediastinum.
    """
    nz, ny, nx = lung.shape
    angles = fatty.size
    far = np.zeros((nz, angles), np.float32)
    stop = np.full((nz, angles), np.inf, np.float32)
    block = min(sy, sx)
    step = 0.5 * block
    for k in range(nz):
        for a in range(angles):
            turn = 2.0 * np.pi * a / angles
            dy, dx = np.sin(turn), np.cos(turn)
            r = 0.0
            while True:
                j = int(np.rint((centre[k, 0] + r * dy) / sy))
                i = int(np.rint((centre[k, 1] + r * dx) / sx))
                if j < 0 or j >= ny or i < 0 or i >= nx:
                    break
                if lung[k, j, i]:
                    far[k, a] = r
                r += step
            r = max(free, far[k, a])
            fat = 0
            since_air = 0
            while True:
                j = int(np.rint((centre[k, 0] + r * dy) / sy))
                i = int(np.rint((centre[k, 1] + r * dx) / sx))
                if j < 0 or j >= ny or i < 0 or i >= nx:
                    break
                value = hu[k, j, i]
                since_air = 0 if value < _FAT_HU[0] else since_air + 1
                # a voxel beside air is blurred with it and can look like fat
                fat = fat + 1 if since_air > 3 and value < _FAT_HU[1] else 0
                if bone[k, j, i] or (fatty[a] and fat >= 3):
                    stop[k, a] = r - (fat - 1) * step if fatty[a] and fat >= 3 else r
                    break
                r += step
    return far, stop


@njit(cache=True, nogil=True)
def _inside(centre: Array, radius: Array, shape: tuple[int, int, int], sy: float, sx: float) -> Mask:
    nz, ny, nx = shape
    out = np.zeros(shape, np.bool_)
    angles = radius.shape[1]
    for k in range(nz):
        least, most = radius[k].min() ** 2, radius[k].max() ** 2
        for j in range(ny):
            dy = j * sy - centre[k, 0]
            for i in range(nx):
                dx = i * sx - centre[k, 1]
                if dy * dy + dx * dx > most:
                    continue
                if dy * dy + dx * dx < least:
                    out[k, j, i] = True
                    continue
                turn = np.arctan2(dy, dx) / (2.0 * np.pi) * angles
                low = int(np.floor(turn))
                w = turn - low
                limit = (1.0 - w) * radius[k, low % angles] + w * radius[k, (low + 1) % angles]
                out[k, j, i] = dy * dy + dx * dx <= limit * limit
    return out


def inside(wall: Wall, coarse: Coarse) -> Mask:
    """Every block nearer to the centre than the wall is."""
    return np.asarray(_inside(wall.centre, wall.radius, coarse.hu.shape, *coarse.spacing[1:]))


def beyond_lung(wall: Wall, coarse: Coarse) -> Mask:
    """Every block between the outermost aerated lung of its ray and the wall."""
    sy, sx = coarse.spacing[1:]
    shell = np.where(wall.reached, wall.radius, 0).astype(np.float32)
    out = _inside(wall.centre, shell, coarse.hu.shape, sy, sx)
    return np.asarray(out & ~_inside(wall.centre, wall.lung, coarse.hu.shape, sy, sx))


def _mirrored(values: Array) -> Array:
    """Take a map (z, angle) to the other side: the angle to the x axis turns into its supplement."""
    a = np.arange(ANGLES)
    return values[:, (ANGLES // 2 - a) % ANGLES]


def _centres(right: Mask, left: Mask, coarse: Coarse, plane: MidPlane) -> tuple[Array, Array]:
    """Middle of each half of the chest, slice by slice, symmetric to each other."""
    sy = coarse.spacing[1]
    nz = right.shape[0]
    both = right | left
    offset = np.abs(plane.offset_mm())
    rows: Mask = np.asarray(both.any(axis=2))
    y = np.arange(both.shape[1]) * sy
    middle = np.full(nz, np.nan)
    half = np.full(nz, np.nan)
    for k in range(nz):
        if rows[k].any():
            middle[k] = 0.5 * (y[rows[k]][0] + y[rows[k]][-1])
            half[k] = np.percentile(offset[both[k]], 99)
    known = np.flatnonzero(np.isfinite(middle))
    smooth = 15.0 / coarse.spacing[0]
    levels = np.arange(nz)
    middle = ndimage.gaussian_filter1d(np.interp(levels, known, middle[known]), smooth)
    half = ndimage.gaussian_filter1d(np.interp(levels, known, half[known]), smooth)
    out = []
    for sign in (-1.0, 1.0):
        d = sign * _CENTRE * half
        cy = middle - d * np.sin(plane.turn)
        cx = plane.x_mm + (middle - plane.y_mm) * np.tan(plane.turn) + d * np.cos(plane.turn)
        out.append(np.stack([cy, cx], axis=1).astype(np.float32))
    return out[0], out[1]


def _thin_bone(lung: Mask, coarse: Coarse, plane: MidPlane) -> Mask:
    """Bone that is no thicker than a rib, and brighter than the heart where that holds contrast medium."""
    half = max(_THICK_MM, 1.2 * max(coarse.spacing[1:]))
    thick = eroded(coarse.hu > _BRIGHT_HU, coarse.spacing, half)
    front, back = extent(lung, 1)
    middle = np.zeros(lung.shape[1], np.bool_)
    middle[int(0.8 * front + 0.2 * back) : int(0.4 * front + 0.6 * back)] = True
    heart = thick & occupied(lung, 0)[:, None, None] & (middle[:, None] & (np.abs(plane.offset_mm()) < _HEART_MM))
    limit = _RIB_HU
    if heart.sum() * coarse.voxel_ml > _HEART_ML:
        limit = max(limit, float(np.percentile(coarse.hu[heart], 90)) + _ABOVE_BLOOD_HU)
    return np.asarray((coarse.hu > limit) & ~dilated(thick, coarse.spacing, half + 1.5 * coarse.spacing[2]))


def _typical(rib: Array, nearer: npt.NDArray[np.float64], near_z: int, near_turn: int) -> Array:
    """Distance to the ribs around each ray: rays between ribs take part in their neighbours'; inf where none is near.

    Rather the near ones count, since behind the ribs lies the shoulder blade.
    """
    wrapped = np.pad(rib, ((near_z, near_z), (near_turn, near_turn)), mode="wrap")
    wrapped[:near_z] = wrapped[wrapped.shape[0] - near_z :] = np.inf
    near = np.lib.stride_tricks.sliding_window_view(wrapped, (2 * near_z + 1, 2 * near_turn + 1))
    near = np.sort(near.reshape(*rib.shape, -1), axis=-1)
    count = np.isfinite(near).sum(axis=-1)
    chosen = np.floor(nearer * np.maximum(count - 1, 0)).astype(np.int64)
    return np.take_along_axis(near, chosen[..., None], axis=-1)[..., 0]


def _bridged(lung: Array, coarse: Coarse) -> Array:
    """Bridge dents of a lung's outer border that are narrower than the chest wall can have them."""
    near_z, near_turn = round(_BRIDGE_MM / coarse.spacing[0]), round(_BRIDGE_TURN / (2 * np.pi) * ANGLES)
    window = (2 * near_z + 1, 2 * near_turn + 1)
    wrapped = np.pad(lung, ((0, 0), (2 * near_turn, 2 * near_turn)), mode="wrap")
    closed = ndimage.grey_closing(wrapped, size=window, mode="nearest")
    return np.asarray(closed[:, 2 * near_turn : -2 * near_turn])


def find_wall(right: Mask, left: Mask, coarse: Coarse, plane: MidPlane) -> tuple[Wall, Wall]:
    """Find the inner chest wall of both sides.

    Where aerated lung reaches the wall its own border is the wall. Elsewhere the other lung's border, reflected, and
    the nearest ribs tell how far the lung would reach.

    Parameters
    ----------
    right, left : aerated lung of each side
    coarse : the block means
    plane : the plane of symmetry
    """
    sy, sx = coarse.spacing[1:]
    bone = _thin_bone(right | left, coarse, plane)
    centres = _centres(right, left, coarse, plane)
    cosine = np.cos(2 * np.pi * np.arange(ANGLES) / ANGLES)
    sine = np.sin(2 * np.pi * np.arange(ANGLES) / ANGLES)
    marched = [
        _march(mask, coarse.hu, bone, centre, sy, sx, (medial < 0.0) | (sine < 0.0), _FREE_MM)
        for mask, centre, medial in zip((right, left), centres, (cosine, -cosine), strict=True)
    ]
    reach = round(_NEAR_Z_MM / coarse.spacing[0]), round(_NEAR_TURN / (2 * np.pi) * ANGLES)
    low, high = extent(right | left, 0)
    shoulders = (np.arange(len(right)) > low + _SHOULDERS * (high - low))[:, None]
    height = ((np.arange(len(right)) - low) / max(high - low, 1))[:, None]
    hidden = (height >= 0) & (height < _SHOULDERS) & (sine > _BACKWARD)
    above_heart = (height > 0.5) & (height < _APEX)
    bony = sine > _CARTILAGE
    outwards = [(cosine if side == 0 else -cosine) <= _MEDIAL for side in (0, 1)]
    caged = []
    for side in (0, 1):
        lung, rib = marched[side]
        rib[:, ~outwards[side]] = np.inf
        ribs = _typical(rib, np.where(shoulders, _NEARER[1], _NEARER[0]), *reach)
        touching = (lung > 0) & (ribs - lung < _NEAR_MM)
        ribs -= np.median((ribs - lung)[touching]) if touching.sum() > ANGLES else _RIB_TO_LUNG_MM
        caged.append(ribs)
    walls = []
    for side in (0, 1):
        lung, rib = marched[side]
        outward, ribs = outwards[side], caged[side]
        other = _mirrored(marched[1 - side][0])
        # two lungs that both end far from their own ribs end at opaque lung, and tell nothing of each other's wall
        gap, other_gap = caged[side] - lung, _mirrored(caged[1 - side]) - other
        short = hidden & np.isfinite(gap) & np.isfinite(other_gap) & (gap > _NEAR_MM) & (other_gap > _NEAR_MM)
        other = np.where(short, 0.0, other).astype(np.float32)
        alike = (lung > 0) & (np.abs(lung - other) < _ALIKE_MM)
        nearest = np.minimum(ribs, rib)
        ribs = np.where(np.isfinite(nearest) & bony, nearest, other)
        guess = np.where(other > 0, np.minimum(ribs, other + 3.0), 0.0)
        guess = np.where(alike, np.where(shoulders, lung, ribs), guess)
        blind = (other == 0) & np.isfinite(nearest) & (((lung == 0) & (hidden | (above_heart & outward))) | short)
        guess = np.where(blind, nearest, guess)
        radius = np.where((lung > 0) & (guess < lung + _THIN_MM), lung, guess).astype(np.float32)
        radius = np.maximum(radius, np.minimum(_bridged(lung, coarse), np.maximum(ribs, lung)))
        wrapped = np.pad(radius, ((0, 0), (1, 1)), mode="wrap")
        radius = ndimage.median_filter(wrapped, (3, 3), mode="nearest")[:, 1:-1]
        # towards the mid-plane the mediastinum bounds the lung, not a wall
        turns = int(np.arcsin(_MEDIAL) / (2 * np.pi) * ANGLES)
        last = ANGLES // 4 + (turns if side == 1 else -turns)
        back = (radius[:, last] * sine[last])[:, None]
        across = np.where(sine > 0.1, np.minimum(back / np.maximum(sine, 0.1), _ACROSS_BACK_MM), 0.0)
        across = np.maximum(across, _ACROSS_MM)
        radius = np.where(outward, radius, np.maximum(radius, across))
        reached = ((lung > 0) | blind) & outward
        walls.append(
            Wall(centre=centres[side], radius=np.maximum(radius, lung).astype(np.float32), lung=lung, reached=reached)
        )
    return walls[0], walls[1]
