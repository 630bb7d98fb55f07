"""The border on the volume's own voxels, by hand."""

import numpy as np

from imaging.lungs.boxes import volume_of
from pleura.imaging.lungs.coarse import coarsen
from pleura.imaging.lungs.fine import refine


def test_each_rule_by_hand() -> None:
    hu = np.zeros((1, 2, 6), np.int16)
    hu[0, 0] = -850
    volume = volume_of(hu, (2.5, 1.25, 1.25))
    coarse = coarsen(volume)
    side = np.array([[[1, 2, 2]]], np.uint8)
    rule = np.array([[[1, 2, 0]]], np.uint8)  # lung; lung where it is air; not lung
    assert refine(volume, coarse, side, rule).tolist() == [[[1, 1, 2, 2, 0, 0], [1, 1, 0, 0, 0, 0]]]
