"""Two boxes that touch are parted where they touch."""

import numpy as np

from imaging.lungs.boxes import coarse_of, lung_boxes
from pleura.imaging.lungs.sides import LEFT, RIGHT, dividing_sheet, side_markers, sides_of


def test_lungs_joined_in_front_of_the_heart_are_parted() -> None:
    hu, right, left = lung_boxes()
    bridge = np.zeros(hu.shape, np.bool_)
    bridge[15:20, 15:18, 35:45] = True
    hu[bridge] = -850
    lung = right | left | bridge
    coarse = coarse_of(hu)
    markers = side_markers(lung, coarse, 39.5)
    assert not (markers[right] == LEFT).any()
    assert not (markers[left] == RIGHT).any()
    side = sides_of(lung, dividing_sheet(markers, coarse, 39.5))
    assert (side[right] == RIGHT).all()
    assert (side[left] == LEFT).all()
    assert {RIGHT, LEFT} == set(side[bridge])
    assert not side[~lung].any()
