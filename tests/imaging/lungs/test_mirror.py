"""The mid-plane of a chest that is symmetric about a known one."""

import numpy as np
import pytest

from imaging.lungs.boxes import coarse_of, lung_boxes
from pleura.imaging.lungs.mirror import find_midplane


@pytest.mark.parametrize("shift", [0, 3, -4])
def test_the_plane_of_the_boxes(shift: int) -> None:
    hu, right, left = lung_boxes()
    hu = np.roll(hu, shift, axis=2)
    plane = find_midplane(coarse_of(hu), hu > -500)
    assert plane.turn == 0.0
    assert plane.column() == pytest.approx(39.5 + shift, abs=0.5)
    agree = plane.reflect(np.roll(right, shift, axis=2)) == np.roll(left, shift, axis=2)
    assert agree.mean() > 0.98


def test_offsets_are_positive_to_the_left_and_reflection_undoes_itself() -> None:
    hu, right, _ = lung_boxes()
    plane = find_midplane(coarse_of(hu), hu > -500)
    assert (plane.offset_mm()[:, 60:] > 0).all()
    assert (plane.offset_mm()[:, :20] < 0).all()
    assert np.array_equal(plane.reflect(plane.reflect(right)), right)
