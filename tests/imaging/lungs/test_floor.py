"""The diaphragm under boxes with a flat base."""

import numpy as np

from imaging.lungs.boxes import coarse_of, lung_boxes
from pleura.imaging.lungs.floor import floor_map
from pleura.imaging.lungs.mirror import MidPlane
from pleura.imaging.lungs.wall import find_wall

PLANE = MidPlane(x_mm=39.5 * 4, y_mm=30 * 4, turn=0.0, spacing=(5.0, 4.0, 4.0), size=(60, 80))


def test_aerated_bases_are_taken_at_their_word() -> None:
    hu, right, left = lung_boxes()
    coarse = coarse_of(hu)
    walls = find_wall(right, left, coarse, PLANE)
    floor = floor_map(left, right, walls[1], coarse, PLANE, left=True)
    np.testing.assert_allclose(floor[14:46, 45:68], 6 * 5.0)


def test_above_opaque_lung_the_other_side_tells() -> None:
    hu, right, left = lung_boxes()
    opaque = left.copy()
    opaque[22:] = False
    hu[opaque] = 40
    coarse = coarse_of(hu)
    walls = find_wall(right, left & ~opaque, coarse, PLANE)
    floor = floor_map(left & ~opaque, right, walls[1], coarse, PLANE, left=True)
    assert (np.abs(floor[20:40, 48:64] - 30.0) <= 15.0).all()
