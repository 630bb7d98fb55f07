"""Which air is lung: two large boxes are, bowel is not; haze beside lung is added."""

import numpy as np
import pytest

from imaging.lungs.boxes import coarse_of, lung_boxes
from pleura.errors import NoLungsError
from pleura.imaging.lungs.parts import aerated_lung, with_haze


def test_lungs_are_kept_and_a_loop_of_bowel_is_not() -> None:
    hu, right, left = lung_boxes()
    bowel = np.zeros(hu.shape, np.bool_)
    bowel[0:4, 20:26, 20:60] = True
    hu[bowel] = -850
    none = np.zeros(hu.shape, np.bool_)
    kept = aerated_lung(coarse_of(hu), right | left | bowel, none, 5000.0)
    assert np.array_equal(kept, right | left)


def test_gas_alone_is_refused() -> None:
    hu, right, left = lung_boxes()
    hu[right | left] = -1000
    none = np.zeros(hu.shape, np.bool_)
    with pytest.raises(NoLungsError, match="-1000 HU"):
        aerated_lung(coarse_of(hu), right | left, none, 5000.0)


def test_haze_is_added_and_tissue_is_not() -> None:
    hu, right, left = lung_boxes()
    hazy = right.copy()
    hazy[:12] = False
    hu[right & ~hazy] = -300
    none = np.zeros(hu.shape, np.bool_)
    assert np.array_equal(with_haze(hazy | left, coarse_of(hu), none), right | left)
