"""A patient's shape in, where the parts of a shoulder lie with the arm raised out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.patient import Patient
from pleura.data.synthetic.anatomy.shape import Shape
from pleura.data.synthetic.anatomy.surface import RIB_SURFACE, Wall

__all__ = ["Shoulder"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Shoulder:
    """Landmarks of one shoulder; places (3,) in mm."""

    side: int
    """-1 right, 1 left."""
    joint: Array
    """Centre of the socket."""
    head: Array
    """Centre of the head of the upper arm."""
    coracoid: Array
    spine_root: Array
    """Where the spine of the shoulder blade begins at its inner border."""
    acromion: Array
    medial: Array
    """Inner border of the blade from top to lowest point; (m, 3)."""
    lateral: Array
    """Outer border, from the joint to the lowest point; (m, 3)."""

    @staticmethod
    def place(side: int, patient: Patient, shape: Shape) -> "Shoulder":
        """Place a shoulder on the rib cage."""
        wall = Wall(shape)
        s, w, d = side, patient.width, patient.depth
        k = 1.0 if patient.sex == "M" else 0.9
        lie = RIB_SURFACE + 13.0 * k
        joint = np.array([s * 146 * w, float(wall.curve("back", 0.9)) - 46 * d, 0.93 * shape.H])
        u = np.linspace(0, 1, 25)
        medial = wall.at(side, 0.175 + 0.035 * np.sin(np.pi * u) + 0.10 * u**2, 0.95 - 0.46 * u, lie + 2.0)
        low = medial[-1]
        lateral = joint + (low - joint) * u[:, None] ** 0.9
        lateral[:, :2] += 10.0 * np.sin(np.pi * u)[:, None] * np.array([s * 0.75, 0.65])
        return Shoulder(
            side=side,
            joint=joint,
            head=joint + np.array([s * 24 * k, -6.0, 14.0]),
            coracoid=joint + np.array([-s * 14.0, -26.0, 4.0]),
            spine_root=medial[5] + np.array([0.0, 5.0, 0.0]),
            acromion=joint + np.array([s * 16.0, 30.0, 18.0]),
            medial=medial,
            lateral=lateral,
        )

    def bulk(self, wall: Wall, k: float) -> Array:
        """Give what bulges under the skin, blade, joint, both folds of the armpit and neck, as capsules (n, 8)."""
        s, joint = self.side, self.joint
        low = self.lateral[-6]
        behind = np.array([0.0, 6.0, 0.0])
        neck = np.array([s * 22.0, float(wall.curve("spine", 1.2)) - 4.0, 1.25 * float(wall.at(s, 0, 1, 0)[2])])
        arm = self.head + np.array([s * 34.0, -22.0, 120.0])
        rows = [
            np.r_[low, 12 * k, self.lateral[12] + behind, 21 * k],
            np.r_[self.lateral[12] + behind, 21 * k, joint + behind, 27 * k],
            np.r_[self.medial[-3], 14 * k, self.medial[4] + behind, 15 * k],
            np.r_[self.head, 33 * k, arm, 27 * k],
            np.r_[wall.at(s, 0.36, 0.50, RIB_SURFACE + 7.0), 7 * k, wall.at(s, 0.36, 0.72, RIB_SURFACE + 22.0), 12 * k],
            np.r_[wall.at(s, 0.36, 0.72, RIB_SURFACE + 22.0), 12 * k, joint + np.array([s * 2.0, -22.0, 10.0]), 15 * k],
            np.r_[wall.at(s, 0.73, 0.60, RIB_SURFACE + 6.0), 6 * k, joint + np.array([s * 6.0, -28.0, 20.0]), 14 * k],
            np.r_[neck, 24 * k, self.acromion, 12 * k],
            np.r_[neck + np.array([-s * 8.0, -14.0, -20.0]), 26 * k, neck + np.array([-s * 6.0, -30.0, 80.0]), 36 * k],
        ]
        return np.array(rows)

    def border(self, u: Array) -> tuple[Array, Array]:
        """Inner and outer border at shares 0 (top) to 1 (lowest point) of the blade; (n, 3) each."""
        at = np.linspace(0, 1, len(self.medial))

        def along(line: Array) -> Array:
            return np.stack([np.interp(u, at, line[:, axis]) for axis in range(3)], -1)

        return along(self.medial), along(self.lateral)
