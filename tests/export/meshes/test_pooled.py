"""Pooling: shares add up to the mask, and lie where it lay."""

import numpy as np
import pytest

from export.meshes.shapes import grid, points_of
from pleura.export.meshes.pooled import pool_mask


@pytest.mark.parametrize("shear", [0.0, 0.2])
def test_volume_and_centre_of_gravity_stay(rng: np.random.Generator, shear: float) -> None:
    affine = grid((1.0, 0.7, 0.9), shear=shear)
    mask = rng.random((11, 13, 10)) < 0.4
    offset = (3, 5, 2)
    pooled = pool_mask(mask, affine, cell_mm=2.0, offset=offset)
    assert pooled.shares.shape == (6 + 2, 5 + 2, 5 + 2)  # blocks of 2, 3 and 2 voxels, and the rim
    voxel, cell = (abs(np.linalg.det(a[:3, :3])) for a in (affine, pooled.affine))
    assert pooled.shares.sum() * cell == pytest.approx(mask.sum() * voxel)
    where = points_of(mask.shape, affine) + affine[:3, :3] @ offset
    cells = points_of(pooled.shares.shape, pooled.affine)
    centre = (cells * pooled.shares[..., None]).sum(axis=(0, 1, 2)) / pooled.shares.sum()
    assert centre == pytest.approx(where[mask].mean(axis=0), abs=0.7)  # within a cell, the mask may lie anywhere


def test_whole_blocks_stay_exactly_in_place() -> None:
    affine = grid((1.0, 1.0, 1.0), shear=0.1)
    pooled = pool_mask(np.ones((4, 4, 4), np.bool_), affine, cell_mm=2.0, offset=(2, 0, 6))
    assert (pooled.shares[1:-1, 1:-1, 1:-1] == 1).all()
    assert pooled.shares.sum() == 8
    first = pooled.affine @ (1, 1, 1, 1)
    assert first[:3] == pytest.approx((affine @ (2.5, 0.5, 6.5, 1))[:3])


def test_voxels_longer_than_a_cell_stay() -> None:
    pooled = pool_mask(np.ones((3, 4, 4), np.bool_), grid((5.0, 1.0, 1.0)), cell_mm=2.0, offset=(0, 0, 0))
    assert pooled.shares.shape == (5, 4, 4)


def test_blocks_of_many_voxels_do_not_overflow() -> None:
    pooled = pool_mask(np.ones((4, 40, 40), np.bool_), grid((1.0, 0.1, 0.1)), cell_mm=4.0, offset=(0, 0, 0))
    assert pooled.shares.max() == 1.0
