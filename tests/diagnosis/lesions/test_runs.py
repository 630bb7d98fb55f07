"""Connected parts against scipy's, voxel by voxel."""

import numpy as np
import pytest
from scipy import ndimage

from pleura.diagnosis.lesions.runs import connected_runs


@pytest.mark.parametrize("density", [0.02, 0.08, 0.2, 0.5, 0.95])
@pytest.mark.parametrize("shape", [(7, 11, 13), (1, 30, 30), (20, 1, 17), (9, 9, 1)])
def test_parts_are_those_of_scipy(density: float, shape: tuple[int, int, int], rng: np.random.Generator) -> None:
    mask = rng.random(shape) < density
    labels, count = ndimage.label(mask, structure=np.ones((3, 3, 3)))
    runs = connected_runs(mask)
    assert len(runs.sizes) == count
    seen = np.zeros(shape, bool)
    for part, size in enumerate(runs.sizes):
        voxels = tuple(runs.voxels(part).T)
        assert len(voxels[0]) == size
        assert not seen[voxels].any()
        seen[voxels] = True
        label = labels[voxels]
        assert label[0] > 0
        assert (label == label[0]).all()
        assert (labels == label[0]).sum() == size
    assert np.array_equal(seen, mask)


def test_an_empty_mask_has_no_parts() -> None:
    assert connected_runs(np.zeros((3, 4, 5), bool)).sizes.tolist() == []


def test_a_view_that_is_not_contiguous_is_read_right(rng: np.random.Generator) -> None:
    mask = rng.random((8, 9, 10)) < 0.2
    assert sorted(connected_runs(mask[::-1, :, ::2]).sizes) == sorted(connected_runs(mask[::-1, :, ::2].copy()).sizes)
