"""A patient's shape in, collar bones, shoulder blades and upper arms out, as capsules; ribs and spine are formulas."""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.capsules import spline
from pleura.data.synthetic.anatomy.patient import Patient
from pleura.data.synthetic.anatomy.shape import CURVE_STEP, Shape
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
        bones += _shoulder(side, k, patient, shape)
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


def _shoulder(side: int, k: float, patient: Patient, shape: Shape) -> list[Array]:
    """Draw the shoulder blade, a fan of thin capsules from inner border to joint, its spine, and the upper arm."""
    s, w, d, H = side, patient.width, patient.depth, shape.H
    joint = np.array([s * 148 * w, _on_curve(shape.back, 0.9, shape) - 42 * d, 0.96 * H])
    top = np.array([s * 84 * w, _on_curve(shape.back, 0.95, shape) + 22, 0.99 * H])
    low = np.array([s * 112 * w, _on_curve(shape.back, 0.5, shape) + 13, 0.52 * H])
    bones: list[Array] = []
    for u in np.linspace(0, 1, 44):
        inner = top + (low - top) * u + np.array([-s * 10 * np.sin(np.pi * u), 4 * np.sin(np.pi * u), 0])
        outer = joint + (low - joint) * np.clip(u * 1.02, 0, 1)
        middle = 0.5 * (inner + outer) + np.array([0, 5.0, 0])
        bones.append(np.r_[inner, 2.4, middle, 1.5][None])
        bones.append(np.r_[middle, 1.5, outer, 4.2 * (1 - u) + 2.6][None])
    root, tip = top + (low - top) * 0.25, joint + np.array([s * 14, 10, 22])
    for u in np.linspace(0, 1, 9):
        ridge = root + (tip - root) * u
        bones.append(np.r_[ridge, 2.6, ridge + np.array([0, 14 * np.sin(np.pi * (0.15 + 0.75 * u)), 4]), 3.2][None])
    bones.append(np.r_[joint, 10 * k, joint + np.array([-s * 12, 2, -6]), 7 * k][None])
    head = joint + np.array([s * 26 * k, -4, 8])
    neck = head + np.array([s * 8, -2, 14])
    bones.append(np.r_[head, 22 * k, neck, 20 * k][None])
    bones.append(np.r_[neck, 15 * k, head + np.array([s * 30, -20, 120]), 11 * k][None])
    return bones
