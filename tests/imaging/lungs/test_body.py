"""The room and the air inside a box of tissue."""

import numpy as np

from imaging.lungs.boxes import coarse_of, lung_boxes
from pleura.imaging.lungs.body import inside_air, outside_air


def test_the_room_is_all_that_is_not_the_box() -> None:
    hu, right, left = lung_boxes()
    outside = outside_air(coarse_of(hu))
    body = np.zeros(hu.shape, np.bool_)
    body[:, 6:54, 6:74] = True
    assert np.array_equal(outside, ~body)
    labels, count = inside_air(coarse_of(hu), outside)
    assert count == 2
    assert np.array_equal(labels > 0, right | left)
    assert len(set(labels[right])) == len(set(labels[left])) == 1


def test_air_under_a_blanket_is_not_inside() -> None:
    hu, right, left = lung_boxes()
    hu[:, 2, 6:74] = 40  # a blanket with air below it, closed at both ends
    hu[:, 2:6, [6, 73]] = 40
    coarse = coarse_of(hu, (5.0, 3.0, 3.0))
    labels, _ = inside_air(coarse, outside_air(coarse))
    assert np.array_equal(labels > 0, right | left)
