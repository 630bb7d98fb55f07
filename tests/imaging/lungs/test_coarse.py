"""Block means against means by hand."""

import numpy as np

from imaging.lungs.boxes import volume_of
from pleura.imaging.lungs.coarse import coarsen


def test_means_sizes_and_spacing_by_hand() -> None:
    hu = np.zeros((2, 4, 5), np.int16)
    hu[:, :2, :2] = 100
    hu[0, 0, 0] = -3000  # counts as -1024
    hu[:, 2:, 4] = 80
    coarse = coarsen(volume_of(hu, (2.5, 1.25, 1.25)))
    assert coarse.factors == (1, 2, 2)
    assert coarse.spacing == (2.5, 2.5, 2.5)
    assert coarse.hu.shape == (2, 2, 3)
    assert coarse.hu[0, 0, 0] == (-1024 + 300) // 4
    assert coarse.hu[1, 0, 0] == 100
    assert coarse.hu[0, 1, 2] == 80  # a last block of one column
    assert coarse.voxel_ml == 2.5**3 / 1000


def test_what_is_coarse_already_stays() -> None:
    hu = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    assert np.array_equal(coarsen(volume_of(hu, (5.0, 4.0, 4.0))).hu, hu)
