"""The chest wall around boxes: their own sides where they are aerated, the ribs where they are opaque."""

import numpy as np

from imaging.lungs.boxes import coarse_of, dice, lung_boxes
from pleura.imaging.lungs.mirror import MidPlane
from pleura.imaging.lungs.wall import beyond_lung, find_wall, inside

PLANE = MidPlane(x_mm=39.5 * 4, y_mm=30 * 4, turn=0.0, spacing=(5.0, 4.0, 4.0), size=(60, 80))


def test_aerated_lung_is_its_own_wall() -> None:
    hu, right, left = lung_boxes()
    coarse = coarse_of(hu)
    for lung, wall, columns in zip(
        (right, left), find_wall(right, left, coarse, PLANE), (np.s_[:24], np.s_[56:]), strict=True
    ):
        assert dice(inside(wall, coarse)[8:32, 16:44, columns], lung[8:32, 16:44, columns]) > 0.95
        assert not (beyond_lung(wall, coarse) & lung)[8:32, 16:44].any()


def test_opaque_backs_of_both_lungs_reach_to_the_ribs() -> None:
    hu, right, left = lung_boxes()
    back = np.zeros(hu.shape, np.bool_)
    back[6:20, 32:46] = True
    hu[back & (right | left)] = 40
    coarse = coarse_of(hu)
    walls = find_wall(right & ~back, left & ~back, coarse, PLANE)
    for lung, wall in zip((right, left), walls, strict=True):
        assert inside(wall, coarse)[lung & back].mean() > 0.85
        assert not inside(wall, coarse)[8:18, 50:].any()
