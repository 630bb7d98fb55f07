"""A tube near the middle is the windpipe; a chest without one has none."""

import numpy as np

from imaging.lungs.boxes import coarse_of, lung_boxes
from pleura.imaging.lungs.airways import find_airways


def test_the_windpipe_is_found_and_the_lungs_are_not_it() -> None:
    hu, right, left = lung_boxes()
    pipe = np.zeros(hu.shape, np.bool_)
    pipe[18:, 30:34, 38:42] = True
    hu[pipe] = -1000
    found = find_airways(coarse_of(hu), right | left | pipe, 39.5)
    assert found[pipe].all()
    assert not found[right | left].any()
    assert found.sum() < 4 * pipe.sum()


def test_no_windpipe() -> None:
    hu, right, left = lung_boxes()
    assert not find_airways(coarse_of(hu), right | left, 39.5).any()
