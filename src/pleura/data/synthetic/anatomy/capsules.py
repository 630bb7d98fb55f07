"""Knots and balls in, rows of tapered capsules out: the form in which everything small is painted.

A capsule is x0 y0 z0 r0 x1 y1 z1 r1 in mm; to be painted it also needs HU, a mode and a softness (11 numbers).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

__all__ = [
    "FASCIA",
    "LUMEN",
    "MUSCLE",
    "OVER",
    "PAINTED",
    "SOFT",
    "VESSEL",
    "axes_of",
    "ball",
    "frame_along",
    "spline",
    "stroke",
    "tinted",
]

Array = npt.NDArray[np.float64]

VESSEL, OVER, LUMEN, SOFT, MUSCLE, FASCIA = range(6)
"""How a capsule is painted: only where it is denser, over everything, only where airways are open, as a soft ball,
only in fat with the softness' share of it left, or only in soft tissue outside the lungs."""
PAINTED = 11
"""Numbers in a row that is ready to be painted."""


def spline(knots: Sequence[Sequence[float] | Array], pieces: int = 6) -> Array:
    """Lay a tube through (x, y, z, r) knots as capsules, `pieces` between two knots; (n, 8)."""
    k = np.asarray(knots, float)
    s = np.arange(len(k))
    p = PchipInterpolator(s, k)(np.linspace(0, len(k) - 1, pieces * (len(k) - 1) + 1))
    return np.hstack([p[:-1], p[1:]])


def tinted(capsules: Array, hu: float, mode: int, softness: float = 0.0, thicker: float = 0.0) -> Array:
    """Make capsules (n, 8 or more), with radii grown by `thicker` mm, ready to be painted; (n, 11)."""
    c = np.asarray(capsules)[:, :8].copy()
    c[:, [3, 7]] += thicker
    return np.hstack([c, np.tile([hu, mode, softness], (len(c), 1))])


def stroke(start: Array, r0: float, end: Array, r1: float, hu: float) -> Array:
    """Draw one tapered line from start to end, painted where it is denser; (11,)."""
    row: Array = np.r_[start, r0, end, r1, hu, VESSEL, 0.0]
    return row


def ball(centre: Array, radius: float, hu: float, mode: int, softness: float = 0.0) -> Array:
    """Give a ball as a row that is ready to be painted; (11,)."""
    row: Array = np.r_[centre, radius, centre + np.array([0, 0, 1e-3]), radius, hu, mode, softness]
    return row


def axes_of(centre: Array, radii: Sequence[float] | Array, rotation: Array | None = None) -> Array:
    """Describe an ellipsoid by its centre and the rows of its inverse axes; (12,)."""
    R = np.eye(3) if rotation is None else rotation
    row: Array = np.r_[centre, (R / np.asarray(radii)[:, None]).ravel()]
    return row


def frame_along(direction: Sequence[float]) -> Array:
    """Three orthonormal rows, the first along the direction, which must not be vertical; (3, 3)."""
    u = np.asarray(direction, float) / np.linalg.norm(direction)
    v = np.cross(u, [0, 0, 1.0])
    v /= np.linalg.norm(v)
    return np.stack([u, v, np.cross(u, v)])
