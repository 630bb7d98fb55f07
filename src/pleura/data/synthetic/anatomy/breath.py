"""A patient's outline and a depth of breath in, the map from the breathing chest to the one in full inspiration out.

Everything of a patient is drawn once, in full inspiration. A scan at another depth of breath looks its points up
there: what lies in the rib cage is pressed upwards, most at the bases and not at all near the apex, and keeps its place
between the spine and the walls; the cage itself gets a little flatter and narrower. Air leaves and tissue stays, so the
density of the lungs grows by what the map says of volumes.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.primitives import curve
from pleura.data.synthetic.anatomy.shape import CURVE_STEP, Shape
from pleura.data.synthetic.compiled import kernel

__all__ = ["Breath", "breathe", "level_at", "moved_by_breath", "seen_in_full_breath"]

Array = npt.NDArray[np.float64]
Level = tuple[float, float, float, float, float, float]

_TOP = 0.80
"""Height, as a share of the lungs' height, above which nothing moves."""
_RISE = 0.36
"""How far the base rises from a full inspiration to the end of an expiration, as a share of the lungs' height."""
_BEND = 1.2
"""How the rise grows towards the base: 1 evenly, more crowds the bases."""
_FLATTER, _NARROWER = 0.08, 0.025
"""Share of the depth in front of the spine, and of the width, that the rib cage loses in expiration."""
_FRONT_SHARE = 0.62
"""How much of the lungs lies in front of the middle of the spine."""


class Breath(NamedTuple):
    """The map at every height of the scan; tables every 2 mm from z0, in the frame of `Shape`."""

    z0: float
    height: Array
    """Height in full inspiration, mm."""
    side: Array
    """Factor on x, from the scan to full inspiration, of the trunk's walls."""
    front: Array
    """Factor on the distance in front of the spine, of the trunk's walls."""
    inner_side: Array
    """Factor on x of what lies in the cage."""
    inner_front: Array
    """Factor on the distance in front of the spine of what lies in the cage."""
    inner_back: Array
    """Factor on the distance behind it."""
    density: Array
    """Factor on the lungs' density: volume in full inspiration over volume now."""
    weight: Array
    """Share of the base's movement that a height takes part in, 0 to 1."""
    base: float
    """Where the lowest recess of the lungs lies, mm."""
    depth: float
    """1 in full inspiration to 0 at the end of an expiration."""


def breathe(shape: Shape, depth: float) -> Breath:
    """Make the map of one depth of breath, 1 in full inspiration to 0 at the end of an expiration."""
    S, out = shape, 1.0 - depth
    z = S.z0 + CURVE_STEP * np.arange(S.half.size)
    t = z / S.H
    weight = np.clip((_TOP - t) / _TOP, 0, 1) ** _BEND
    height = np.interp(z, z + _RISE * S.H * out * weight, z)
    low = z - _RISE * S.H * out
    height = np.where(low < z[0], low, height)  # below the tables everything rises alike
    fades = np.clip((1.05 - t) / 0.30, 0, 1)
    front = 1 / (1 - _FLATTER * out * fades)
    side = 1 / (1 - _NARROWER * out * fades)

    def there(table: Array) -> Array:
        return np.asarray(np.interp(height, z, table), np.float64)

    inner_side = side * there(S.half) / S.half
    inner_front = front * there(S.spine - S.front) / (S.spine - S.front)
    inner_back = there(S.back - S.spine) / (S.back - S.spine)
    across = _FRONT_SHARE * inner_front + (1 - _FRONT_SHARE) * inner_back
    density = np.gradient(height, CURVE_STEP) * inner_side * across
    base = _RISE * S.H * out
    return Breath(S.z0, height, side, front, inner_side, inner_front, inner_back, density, there(weight), base, depth)


def moved_by_breath(points: Array, shape: Shape, breath: Breath, inside: npt.NDArray[np.bool_]) -> Array:
    """Where points (n, 3) of the chest in full inspiration lie in the scan, mm; `inside` marks what is in the cage."""
    S, b = shape, breath
    z = S.z0 + CURVE_STEP * np.arange(S.half.size)
    x, y, height = points.T
    now = np.where(inside, np.interp(height, b.height, z), height)
    spine = np.interp(now, z, S.spine)
    ahead = y - np.interp(height, z, S.spine)
    ahead_now = np.where(
        inside,
        np.where(ahead < 0, ahead / np.interp(now, z, b.inner_front), ahead / np.interp(now, z, b.inner_back)),
        np.where(ahead < 0, ahead / np.interp(now, z, b.front), ahead),
    )
    side = np.where(inside, np.interp(now, z, b.inner_side), np.interp(now, z, b.side))
    return np.stack([x / side, spine + ahead_now, now], 1)


@kernel
def level_at(z: float, S: Shape, B: Breath) -> Level:
    """Look up what the map needs at one height: height there, factors on x, before and behind the spine, spines."""
    height = curve(B.height, B.z0, z)
    side, front, back = curve(B.inner_side, B.z0, z), curve(B.inner_front, B.z0, z), curve(B.inner_back, B.z0, z)
    return height, side, front, back, curve(S.spine, S.z0, z), curve(S.spine, S.z0, height)


@kernel
def seen_in_full_breath(x: float, y: float, level: Level) -> tuple[float, float]:
    """Give x and y in full inspiration of a place in the cage at one level, mm."""
    _, side, front, back, spine, there = level
    ahead = y - spine
    return x * side, there + ahead * (front if ahead < 0 else back)
