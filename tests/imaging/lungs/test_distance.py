"""Distances against the slow way; dilation, erosion and closing by hand."""

import numpy as np

from pleura.imaging.lungs.distance import closed, dilated, distance_mm, eroded, extent, occupied

SPACING = (5.0, 2.0, 3.0)


def test_distance_against_every_pair(rng: np.random.Generator) -> None:
    mask = rng.random((5, 7, 6)) < 0.05
    mask[2, 3, 4] = True
    points = np.argwhere(mask) * SPACING
    grid = np.moveaxis(np.indices(mask.shape), 0, -1).reshape(-1, 3) * SPACING
    slow = np.sqrt(((grid[:, None] - points[None]) ** 2).sum(-1)).min(1).reshape(mask.shape)
    np.testing.assert_allclose(distance_mm(mask, SPACING), slow, rtol=1e-5)


def test_a_gap_is_closed_and_the_edge_of_the_grid_does_not_erode() -> None:
    mask = np.ones((4, 9, 9), np.bool_)
    mask[:, :, 4] = False
    assert closed(mask, SPACING, 3.1).all()
    assert eroded(np.ones((4, 9, 9), np.bool_), SPACING, 10.0).all()
    point = np.zeros((4, 9, 9), np.bool_)
    point[1, 4, 4] = True
    assert dilated(point, SPACING, 3.0).sum() == 5  # itself, two along y, two along x


def test_extent_by_hand() -> None:
    mask = np.zeros((4, 9, 9), np.bool_)
    assert extent(mask, 1) == (0, -1)
    mask[1, 3:6, 2] = True
    assert extent(mask, 1) == (3, 5)
    assert occupied(mask, 0).tolist() == [False, True, False, False]
