"""A patient and the course of the spine in, heart, great vessels, gullet and large airways out, as simple solids.

Points are written relative to the spine of an average man, (x, distance from the spine, t), and scaled to the patient.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.capsules import axes_of, frame_along, spline
from pleura.data.synthetic.anatomy.patient import Patient

__all__ = ["HEART_HEIGHT", "Mediastinum", "Placer", "placer"]

Array = npt.NDArray[np.float64]
Placer = Callable[[float, float, float], Array]

HEART_HEIGHT = 0.375
"""Height of the heart's centre as a share of the lungs' height."""


def placer(patient: Patient, heights: Array, spine: Array) -> Placer:
    """Make the function that turns (x mm, mm behind the spine, t) of an average man into the patient's x, y, z, mm."""

    def at(x: float, dy: float, t: float) -> Array:
        if dy < -50:  # what lies in front reaches towards the sternum
            dy = -50 + 1.42 * (dy + 50)
        y = np.interp(t * patient.height, heights, spine)
        return np.array([x * patient.width, y + dy * patient.depth, t * patient.height])

    return at


@dataclass(frozen=True, kw_only=True, eq=False)
class Mediastinum:
    """Everything between the lungs; tubes are capsules (n, 8)."""

    heart: Array
    carina: float
    """Height at which the windpipe divides, as a share of the lungs' height."""
    aorta: Array
    pulmonary: Array
    veins: Array
    necks: Array
    gullet: Array
    lung_veins: Array
    nodes: Array
    airways: tuple[Array, ...]
    """Windpipe, right main bronchus, intermediate bronchus, left main bronchus."""
    pushers: Array
    """The part of all this that pushes the lungs away."""

    @staticmethod
    def draw(patient: Patient, at: Placer, g: np.random.Generator, rise: float) -> "Mediastinum":
        """Draw the mediastinum; `rise` shifts heart and carina together."""
        p = patient

        def tube(*knots: tuple[float, float, float, float], scale: float = 1.0) -> Array:
            return spline([np.r_[at(*k[:3]), k[3] * scale] for k in knots])

        size = g.normal(1.0, 0.06) * (1 + 0.002 * (p.age - 50)) * (0.93 if p.sex == "F" else 1)
        ht = HEART_HEIGHT + rise * 0.5
        heart = np.array(
            [
                axes_of(at(24, -86, ht), np.array([66, 50, 47]) * size, frame_along([0.76, -0.40, -0.42])),
                axes_of(at(-22, -74, ht + 0.05), np.array([30, 34, 44]) * size),
                axes_of(at(2, -49, ht + 0.10), np.array([34, 19, 25]) * size),
                axes_of(at(12, -86, ht + 0.14), np.array([30, 26, 34]) * size),
            ]
        )
        aa = g.normal(1, 0.06) * (1 + 0.004 * (p.age - 50))
        c = 0.665 + rise
        ascending = ((10, -84, 0.47, 14), (-8, -88, 0.55, 16), (-17, -84, 0.64, 16.5), (-13, -68, 0.735, 15.5))
        arch = ((2, -46, 0.78, 15), (17, -30, 0.77, 14), (26, -22, 0.71, 13), (27, -20, 0.60, 12.5))
        descending = ((25, -23, 0.45, 12), (20, -28, 0.30, 11.5), (10, -32, 0.12, 11), (3, -32, -0.2, 10))
        aorta = tube(*ascending, *arch, *descending, (2, -32, -0.4, 10), (2, -32, -0.8, 9), scale=aa)
        pulmonary = [
            tube((28, -94, 0.52, 12), (26, -80, 0.60, 13.5), (20, -60, c - 0.02, 13)),
            tube((20, -60, c - 0.02, 12), (34, -42, c - 0.01, 11), (45, -28, c - 0.045, 9)),
            tube(
                (20, -62, c - 0.025, 11.5),
                (-2, -52, c - 0.04, 11),
                (-26, -46, c - 0.055, 10.5),
                (-42, -40, c - 0.07, 8.5),
            ),
        ]
        veins = [
            tube((-26, -72, 0.82, 8), (-27, -68, 0.70, 9), (-26, -66, 0.58, 10), (-24, -66, 0.5, 12)),
            tube(
                (-22, -58, 0.38, 12),
                (-20, -54, 0.25, 12),
                (-16, -42, 0.1, 12),
                (-14, -36, -0.2, 11),
                (-14, -36, -0.7, 10),
            ),
            tube((-26, -72, 0.82, 7.5), (-38, -70, 0.92, 6.5), (-62, -62, 1.0, 5.5)),
            tube((-24, -74, 0.82, 7), (0, -80, 0.865, 6.5), (30, -70, 0.93, 6), (62, -60, 1.0, 5.5)),
            tube((-9, -20, 0.68, 3.5), (-8, -21, 0.4, 3.2), (-6, -22, 0.1, 3)),
            tube((-9, -22, 0.68, 3.5), (-22, -30, 0.71, 4), (-26, -52, 0.70, 4.5)),
        ]
        necks = [
            tube((-3, -56, 0.785, 6.5), (-15, -50, 0.9, 5.5), (-22, -42, 1.05, 4), (-26, -42, 1.3, 3.5)),
            tube((6, -44, 0.79, 4.5), (13, -38, 0.95, 4), (20, -36, 1.2, 3.5)),
            tube(
                (16, -30, 0.785, 5.5),
                (23, -26, 0.92, 5),
                (46, -32, 1.03, 4.5),
                (92, -48, 1.05, 4.5),
                (150, -30, 1.15, 4),
            ),
            tube((-18, -46, 0.98, 5), (-50, -36, 1.03, 4.5), (-95, -48, 1.05, 4.5), (-150, -30, 1.15, 4)),
        ]
        tr = 8.9 if p.sex == "M" else 7.4
        trachea = tube(
            (0, -50, 1.3, tr), (1, -44, 1.1, tr), (3, -39, 0.9, tr), (2, -36, 0.76, tr), (0, -34, c, tr + 0.6)
        )
        right = tube((0, -34, c, 7.0), (-15, -33, c - 0.055, 6.5), (-28, -31, c - 0.095, 6.0))
        intermediate = tube((-28, -31, c - 0.095, 5.4), (-34, -29, c - 0.145, 5), (-39, -25, c - 0.20, 4.5))
        left = tube((0, -34, c, 6.4), (18, -32, c - 0.065, 5.9), (35, -28, c - 0.115, 5.3), (42, -25, c - 0.15, 4.7))
        upper_gullet = ((4, -31, 1.2, 6), (5, -27, 0.9, 6.5), (5, -25, 0.7, 6.5), (2, -27, 0.55, 7))
        gullet = tube(*upper_gullet, (5, -32, 0.4, 7.5), (11, -42, 0.25, 8), (24, -60, 0.12, 9))
        lung_veins = [
            tube((-22, -44, ht + 0.09, 8), (-44, -31, ht + 0.07, 6)),
            tube((-22, -52, ht + 0.12, 8), (-44, -58, ht + 0.15, 6)),
            tube((26, -42, ht + 0.09, 8), (45, -27, ht + 0.08, 6)),
            tube((27, -52, ht + 0.13, 8), (47, -54, ht + 0.17, 6)),
        ]
        nodes = [np.zeros((0, 8))]
        for _ in range(g.poisson(7)):
            q = at(g.uniform(-30, 30), g.uniform(-75, -30), g.uniform(c - 0.12, 0.82))
            nodes.append(np.r_[q, g.uniform(2, 4.5), q + g.normal(0, 3, 3), g.uniform(2, 4.5)][None])
        pushers = np.vstack(
            [
                aorta,
                *pulmonary,
                *veins[:4],
                *necks,
                trachea[::2],
                right,
                left,
                gullet[:24],
                lung_veins[0],
                lung_veins[2],
            ]
        )
        return Mediastinum(
            heart=heart,
            carina=c,
            aorta=aorta,
            pulmonary=np.vstack(pulmonary),
            veins=np.vstack(veins),
            necks=np.vstack(necks),
            gullet=gullet,
            lung_veins=np.vstack(lung_veins),
            nodes=np.vstack(nodes),
            airways=(trachea, right, intermediate, left),
            pushers=np.ascontiguousarray(pushers[np.abs(pushers[:, 4]) < 40]),
        )
