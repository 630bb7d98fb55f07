"""A patient's shape in, collar bones, shoulder blades and upper arms out, as capsules; ribs and spine are formulas."""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.capsules import spline
from pleura.data.synthetic.anatomy.patient import Patient
from pleura.data.synthetic.anatomy.shape import CURVE_STEP, Shape
from pleura.data.synthetic.anatomy.shoulder import Shoulder
from pleura.data.synthetic.anatomy.surface import Wall
from pleura.data.synthetic.streams import stream

__all__ = ["draw_skeleton"]

Array = npt.NDArray[np.float64]


def draw_skeleton(seed: int, patient: Patient, shape: Shape) -> Array:
    """Bones of both shoulders as capsules of their outer surface; (n, 8)."""
    g = stream(seed, "bones")
    k = 1.0 if patient.sex == "M" else 0.88
    bones: list[Array] = []
    for side in (-1, 1):
        bones.append(_collar_bone(side, k, patient, shape, rise=g.normal(0, 5)))
        bones.append(_first_rib(side, patient, shape))
        bones += _shoulder(Shoulder.place(side, patient, shape), k)
    return np.vstack(bones)


def _on_curve(table: Array, t: float, shape: Shape) -> float:
    return float(np.interp(t * shape.H, np.arange(len(table)) * CURVE_STEP + shape.z0, table))


def _collar_bone(side: int, k: float, patient: Patient, shape: Shape, rise: float) -> Array:
    s, w, H = side, patient.width, shape.H
    y = _on_curve(shape.front, 0.85, shape) - 12
    return spline(
        [
            [s * 20 * w, y, 0.845 * H, 8 * k],
            [s * 45 * w, y - 2, 0.90 * H, 6 * k],
            [s * 85 * w, y + 22, 0.99 * H + rise, 5.5 * k],
            [s * 130 * w, y + 58, 1.07 * H + rise, 6 * k],
            [s * 158 * w, y + 66, 1.10 * H + rise, 6 * k],
        ],
        5,
    )


def _first_rib(side: int, patient: Patient, shape: Shape) -> Array:
    """Draw the first rib, a flat ring from the spine round the apex of the lung to the sternum."""
    w, H = patient.width, shape.H
    wall = Wall(shape)
    back, half, front = (float(wall.curve(name, 0.9)) for name in ("spine", "half", "front"))
    knots = np.array(
        [
            [side * 20 * w, back + 16, 0.985 * H],
            [side * 46 * w, back + 14, 0.985 * H],
            [side * (0.84 * half), 0.55 * back + 0.45 * front + 6, 0.95 * H],
            [side * (0.72 * half), 0.2 * back + 0.8 * front, 0.895 * H],
            [side * 30 * w, front - 8, 0.845 * H],
        ]
    )
    return np.vstack(
        [spline(np.c_[knots + np.array([side * a, 0.0, 0.0]), np.full(5, 3.6)], 6) for a in (-2.5, 0.0, 2.5)]
    )


def _shoulder(shoulder: Shoulder, k: float) -> list[Array]:
    """Draw the shoulder blade, a curved plate with thick borders, its spine, its two processes, and the upper arm."""
    s, joint, head = shoulder.side, shoulder.joint, shoulder.head
    bones: list[Array] = []
    u = np.linspace(0, 1, 52)
    inner, outer = shoulder.border(u)
    across = np.linspace(0, 1, 7)[None, :, None]
    plate = inner[:, None] * (1 - across) + outer[:, None] * across
    sag = np.sin(np.pi * across[..., 0]) * 7.0 * np.sin(np.pi * np.clip(0.15 + 0.75 * u, 0, 1))[:, None]
    plate[..., 1] += sag  # the plate bulges to the back
    thick = np.array([2.4, 1.6, 1.35, 1.35, 1.6, 2.6, 3.4])
    rows = np.concatenate([plate, np.broadcast_to(thick[None, :, None], (52, 7, 1))], -1)
    bones.append(np.concatenate([rows[:, :-1], rows[:, 1:]], -1).reshape(-1, 8))
    root, tip = shoulder.spine_root, shoulder.acromion
    for v in np.linspace(0, 1, 34):
        ridge = root + (tip - root) * v
        base = inner[12] * (1 - v) + outer[6] * v + np.array([0, 4.0, 0])
        bones.append(np.r_[base, 1.9, ridge + np.array([0, 5.0, 0]), 2.8 + 1.8 * v][None])
    bones.append(np.r_[tip, 5.0, tip + np.array([s * 10.0, -16.0, 4.0]), 4.5][None])
    neck = joint + np.array([-s * 14.0, 3.0, -4.0])
    bones.append(np.r_[joint, 11.5 * k, neck, 7 * k][None])
    bones.append(np.r_[neck, 5.0, shoulder.coracoid + np.array([0, 8.0, 8.0]), 5.0][None])
    bones.append(np.r_[shoulder.coracoid + np.array([0, 8.0, 8.0]), 5.0, shoulder.coracoid, 4.5][None])
    bones.append(np.r_[head, 23 * k, head + np.array([s * 8.0, -4.0, 12.0]), 21 * k][None])
    bones.append(
        np.r_[head + np.array([s * 8.0, -4.0, 12.0]), 16 * k, head + np.array([s * 34.0, -22.0, 120.0]), 11 * k][None]
    )
    return bones
