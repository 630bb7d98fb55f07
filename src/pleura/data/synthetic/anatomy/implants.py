"""A patient and the places of the chest in, what is of metal in and on it out, as capsules ready to be painted.

A pacemaker or defibrillator lies under the skin below the left collar bone, its lead runs through the veins to the apex
of the right ventricle; wires hold a sternum that was once sawn through; electrodes stick to the skin.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.capsules import OVER, PAINTED, ball, spline, tinted
from pleura.data.synthetic.anatomy.mediastinum import HEART_HEIGHT, Placer
from pleura.data.synthetic.anatomy.patient import Patient
from pleura.data.synthetic.anatomy.regions import COARSE_STEP
from pleura.data.synthetic.anatomy.shape import Shape
from pleura.data.synthetic.anatomy.surface import Wall
from pleura.data.synthetic.streams import stream

__all__ = ["Implants", "draw_electrodes", "draw_implants", "skin_in_front"]

Array = npt.NDArray[np.float64]

_STEEL, _TITANIUM = 9000.0, 6000.0
"""HU that a scanner would give if it could; what it shows is cut off at 3071."""
_PAD, _GEL = 15.0, 60.0
"""Radius of an electrode's pad, mm, and its HU."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Implants:
    """Metal in a patient, rows of 11."""

    walls: Array
    """What moves with the chest wall: the device under the skin and wires of the sternum."""
    inside: Array
    """What moves with the heart: the lead."""


def draw_implants(
    seed: int, patient: Patient, shape: Shape, fields: npt.NDArray[np.float32], origin: Array, at: Placer
) -> Implants:
    """Draw the metal of one patient; none for most."""
    g = stream(seed, "implants")
    walls, inside = [np.zeros((0, PAINTED))], [np.zeros((0, PAINTED))]
    if patient.device:
        can, way_out = _can(g, shape, fields, origin)
        walls.append(can)
        inside.append(_lead(way_out, at, coil=patient.device == "defibrillator"))
    if patient.sternal_wires:
        walls.append(_wires(g, shape))
    return Implants(walls=np.vstack(walls), inside=np.vstack(inside))


def draw_electrodes(shape: Shape, fields: npt.NDArray[np.float32], origin: Array) -> Array:
    """Give three electrodes with their cables on the front of the chest, rows of 11."""
    rows = [np.zeros((0, PAINTED))]
    w, H = shape.wide, shape.H
    for x, t in ((-78 * w, 0.84), (80 * w, 0.82), (98 * w, 0.28)):
        z = t * H
        y = skin_in_front(x, z, fields, origin)
        turns = np.linspace(0, np.pi, 5)[:-1]
        for dx, dz in zip(_PAD * np.cos(turns), _PAD * np.sin(turns), strict=True):
            ends = [
                [x + s * dx, skin_in_front(x + s * dx, z + s * dz, fields, origin) - 0.6, z + s * dz, 1.2]
                for s in (-1, 1)
            ]
            rows.append(tinted(np.array([np.r_[ends[0], ends[1]]]), _GEL, OVER))
        rows.append(ball(np.array([x, y - 3.0, z]), 2.4, _STEEL, OVER)[None])
        along = np.linspace(z, 0.15 * H if t < 0.5 else 0.45 * H, 9)
        down = x * (1 - 0.35 * np.abs(along - z) / H)
        cable = [[a, skin_in_front(a, b, fields, origin) - 4.0, b, 0.55] for a, b in zip(down, along, strict=True)]
        rows.append(tinted(spline(cable, 2), 2500.0, OVER))
    return np.vstack(rows)


def skin_in_front(x: float, z: float, fields: npt.NDArray[np.float32], origin: Array) -> float:
    """Depth y of the skin in front of a place, to half a cell of the coarse fields, mm."""
    i, k = (
        int(np.clip(round((v - o) / COARSE_STEP), 0, n - 1))
        for v, o, n in (
            (x, origin[0], fields.shape[3]),
            (z, origin[2], fields.shape[1]),
        )
    )
    column = fields[0, k, :, i]
    first = int(np.argmax(column < 0)) if (column < 0).any() else column.size // 2
    before = float(column[max(first - 1, 0)])
    part = before / max(before - float(column[first]), 1e-3) if first > 0 else 0.0
    return float(origin[1] + COARSE_STEP * (first - 1 + min(max(part, 0.0), 1.0)))


def _can(g: np.random.Generator, shape: Shape, fields: npt.NDArray[np.float32], origin: Array) -> tuple[Array, Array]:
    """Give a flat case of 46 x 42 x 7 mm that follows the skin, and where its lead leaves it."""
    middle = np.array([72 * shape.wide + g.normal(0, 6), (0.80 + g.normal(0, 0.02)) * shape.H])
    depth = 8.0 + 0.5 * shape.fat
    rows = []
    for dz in np.arange(-18.0, 18.1, 4.0):
        half = 23.0 * (1 - abs(dz / 21.0) ** 2.5) ** 0.4
        ends = [middle[0] - half, middle[0] + half]
        ys = [skin_in_front(x, middle[1], fields, origin) + depth for x in ends]
        rows.append(np.r_[ends[0], ys[0], middle[1] + dz, 3.4, ends[1], ys[1], middle[1] + dz, 3.4])
    last = rows[-1]
    return tinted(np.array(rows), _TITANIUM, OVER), np.array([last[0], last[1], last[2]])


def _lead(way_out: Array, at: Placer, *, coil: bool) -> Array:
    """Give the lead through the subclavian vein and the upper cava to the apex of the right ventricle."""
    ht = HEART_HEIGHT
    veins = [at(*q) for q in ((62, -60, 1.0), (30, -70, 0.93), (0, -80, 0.865), (-24, -74, 0.82), (-26, -66, 0.60))]
    heart = [at(*q) for q in ((-22, -70, ht + 0.10), (-8, -78, ht - 0.04), (22, -92, ht - 0.10), (44, -104, ht - 0.10))]
    points = [np.r_[q, 1.0] for q in (way_out, *veins, *heart)]
    rows = [tinted(spline(points, 5), _STEEL, OVER)]
    if coil:
        rows.append(tinted(spline([np.r_[q, 1.7] for q in heart[1:]], 5), _STEEL, OVER))
    return np.vstack(rows)


def _wires(g: np.random.Generator, shape: Shape) -> Array:
    """Give six loops of wire round the sternum, each twisted in front."""
    wall = Wall(shape)
    rows = []
    for t in np.linspace(0.38, 0.80, 6) + g.normal(0, 0.008, 6):
        y = float(wall.curve("front", t)) - 8.0
        z, half, slant = t * shape.H, 13.0 * shape.wide, g.normal(0, 2.0)
        corners = np.array([[-half, y - 7], [half, y - 7], [half, y + 6.5], [-half, y + 6.5], [-half, y - 7]])
        loop = [np.r_[c, z + slant * c[0] / half, 0.55] for c in corners]
        rows.append(tinted(np.array([np.r_[a, b] for a, b in pairwise(loop)]), _STEEL, OVER))
        rows.append(ball(np.array([g.normal(0, 4), y - 9.0, z]), 1.7, _STEEL, OVER)[None])
    return np.vstack(rows)
