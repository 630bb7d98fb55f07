"""Pockets of gas in tissue, and air within lung."""

import numpy as np

from imaging.lungs.boxes import coarse_of, lung_boxes
from pleura.imaging.lungs.gas import find_gas


def test_gas_in_tissue_is_gas_and_a_bulla_is_not() -> None:
    hu, right, left = lung_boxes()
    stomach, bulla = np.zeros(hu.shape, np.bool_), np.zeros(hu.shape, np.bool_)
    stomach[0:4, 20:30, 50:60] = True
    bulla[15:20, 25:32, 20:28] = True
    hu[stomach] = hu[bulla] = -1000
    gas = find_gas(coarse_of(hu), right | left | stomach)
    assert gas[stomach].all()
    assert not gas[bulla].any()
    assert not find_gas(coarse_of(hu), np.zeros(hu.shape, np.bool_)).any()
