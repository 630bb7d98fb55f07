"""A patient's outline and a protocol in, where the samples lie out: slices, sub-slices, pixels and field of view."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.shape import CURVE_STEP, Shape
from pleura.data.synthetic.scanner.protocol import Protocol

__all__ = ["Grid", "field_that_holds_the_lungs", "lay_grid"]

Array = npt.NDArray[np.float64]

_SUB_SLICE = 1.7
"""Thickness that a sub-slice should have, mm."""
_WIDEST = 500.0
"""Field of view that a scanner's bore allows, mm."""
_STEP = 10.0
"""Fields that are widened go up in steps of this, mm."""
_RIM = 4.0
"""Least distance from the lungs to the edge of the image, mm."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Where the samples lie, in the scanner's frame; lengths in mm."""

    slices: int
    size: int
    dz: float
    """Slice spacing."""
    thickness: float
    """Slice thickness: above dz the slices overlap, below it there are gaps."""
    pixel: float
    corner: float
    """x and y of the first pixel's centre."""
    bottom: float
    """z of the lowest slice's centre."""
    samples: int
    """Thin sub-slices a slice."""

    def heights(self, k: int) -> Array:
        """Heights of the sub-slices of slice k: they cover the thickness, not the spacing."""
        steps = np.arange(self.samples) - 0.5 * (self.samples - 1)
        return np.asarray(self.bottom + k * self.dz + steps * (self.thickness / self.samples), np.float64)


def lay_grid(shape: Shape, shift: Array, protocol: Protocol, *, base: float = 0.0) -> Grid:
    """Centre the slices on the chest, but not above the shoulders, and choose the field of view.

    Lengths are rounded to 1 nm and the slice spacing to 0.1 um, so that decimal strings hold them exactly.

    Parameters
    ----------
    shape : the patient's outline
    shift : (x, y) of the patient in the scanner's frame, mm
    protocol : its field of view, or the one that fits the patient, is widened to the next 10 mm where it would cut the
        lungs off, as a radiographer does who has seen the scout
    base : height of the lowest recess of the lungs, mm; not 0 where the breath is not deep
    """
    S, p = shape, protocol
    slices, _, size = p.shape
    dz = round(p.spacing if p.spacing is not None else ((S.H - base) * 1.16 + 20) / slices, 4)
    thickness = round(p.coverage * dz, 4)
    top = min(S.H + 28, 0.5 * (S.H * 0.98 + base + slices * dz))
    fov = p.field_of_view or float(np.clip(2 * S.skin_half.max() * p.margin, 300, _WIDEST))
    least = field_that_holds_the_lungs(S, p.tilt, shift, round_=p.circle)
    if fov < least:
        fov = float(np.ceil(least / _STEP) * _STEP)
    pixel = round(fov / size, 6)
    moving = p.breathing > 0 or p.heartbeat > 0
    return Grid(
        slices=slices,
        size=size,
        dz=dz,
        thickness=thickness,
        pixel=pixel,
        corner=round(0.5 * pixel * (1 - size), 6),
        bottom=round(top - (slices - 0.5) * dz, 4),
        samples=int(np.clip(round(thickness / _SUB_SLICE), 2 if moving else 1, 4 if size > 200 else 2)),
    )


def field_that_holds_the_lungs(shape: Shape, tilt: float, shift: Array, *, round_: bool) -> float:
    """Least width of an image that holds the rib cage at every height of the lungs, mm.

    Parameters
    ----------
    shape : the patient's outline
    tilt : rotation of the patient, rad
    shift : (x, y) of the patient in the scanner's frame, mm
    round_ : whether only the circle in the image counts
    """
    heights = shape.z0 + CURVE_STEP * np.arange(shape.half.size)
    lungs = (heights > 0) & (heights < shape.H)
    half, front, back = (table[lungs][:, None] for table in (shape.half, shape.front, shape.back))
    angle = np.linspace(0, 2 * np.pi, 73)[None]
    middle = 0.5 * (front + back) + 4.0
    c, s = np.cos(angle), np.sin(angle)
    x = half * np.sign(c) * np.abs(c) ** 0.85  # a superellipse a little fuller than that of the rib cage
    y = middle + np.where(s > 0, back - middle, middle - front) * np.sign(s) * np.abs(s) ** 0.85
    u = np.cos(tilt) * x - np.sin(tilt) * y + shift[0]
    v = np.sin(tilt) * x + np.cos(tilt) * y + shift[1]
    reach = np.hypot(u, v) if round_ else np.maximum(np.abs(u), np.abs(v))
    return float(2 * (reach.max() + _RIM))
