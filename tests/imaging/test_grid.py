"""Axes turned and flipped: every voxel keeps its place in the patient."""

import itertools

import numpy as np
import pytest

from pleura.errors import GeometryError
from pleura.imaging.grid import canonical, check_grid


def rotation(degrees: float) -> np.ndarray:
    """About an oblique axis, by Rodrigues' formula."""
    axis = np.array([1.0, 2.0, -1.0]) / np.sqrt(6.0)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


@pytest.mark.parametrize("degrees", [0.0, 25.0])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_each_voxel_keeps_its_place(order: tuple[int, ...], degrees: float) -> None:
    array = np.arange(24).reshape(2, 3, 4)
    for flips in itertools.product((1.0, -1.0), repeat=3):
        affine = np.eye(4)
        affine[:3, :3] = rotation(degrees) @ np.eye(3)[:, order] * flips * [1.5, 2.5, 3.5]
        affine[:3, 3] = [10, 20, 30]
        out, turned = canonical(array, affine)
        assert turned[2, 0] > 0
        assert turned[1, 1] > 0
        assert turned[0, 2] > 0
        for index, value in np.ndenumerate(out):
            given = np.argwhere(array == value)[0]
            np.testing.assert_allclose(turned @ [*index, 1], affine @ [*given, 1], atol=1e-9)


def test_a_canonical_grid_is_left_as_it_is() -> None:
    array = np.zeros((2, 3, 4), np.int16)
    affine = np.array([[0, 0, 0.7, -9], [0, 0.8, 0, -8], [2, 0, 0, -7], [0, 0, 0, 1.0]])
    out, turned = canonical(array, affine)
    assert np.shares_memory(out, array)
    assert out.flags.c_contiguous
    np.testing.assert_array_equal(turned, affine)


def test_axes_that_are_straight_and_that_are_not() -> None:
    affine = np.eye(4)
    affine[:3, :3] = rotation(40)
    check_grid(affine, "it")
    affine[0, 1] += 0.02  # about a degree
    with pytest.raises(GeometryError, match=r"it has axes that meet at 8\d"):
        check_grid(affine, "it")
    for broken in (0.0, np.nan, np.inf):
        with pytest.raises(GeometryError, match="no usable affine"):
            check_grid(np.diag([1.0, broken, 1.0, 1.0]), "it")
