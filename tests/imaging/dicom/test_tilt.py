"""A sheared stack against its own values, moved by whole voxels and by halves of one."""

import numpy as np

from pleura.imaging.dicom.tilt import straighten


def affine(step: tuple[float, float, float]) -> np.ndarray:
    out = np.eye(4)
    out[:3, 0], out[:3, 1], out[:3, 2] = step, (0, 2.0, 0), (3.0, 0, 0)
    return out


def test_whole_voxels_move_unchanged(rng: np.random.Generator) -> None:
    hu = rng.integers(-1000, 1000, (4, 5, 6)).astype(np.int16)
    out, straight = straighten(hu, affine((-3.0, 4.0, 7.0)))  # two rows on, one column back, for each slice
    np.testing.assert_allclose(straight[:3, 0], [0, 0, 7.0])
    np.testing.assert_allclose(straight[:3, 3], [-9.0, 0, 0])
    for k in range(4):
        rows, columns = slice(2 * k, 2 * k + 5), slice(3 - k, 9 - k)
        np.testing.assert_array_equal(out[k, rows, columns], hu[k])
        rest = out[k].copy()
        rest[rows, columns] = -1024
        assert (rest == -1024).all()


def test_half_a_voxel_is_the_mean_of_two() -> None:
    hu = np.zeros((2, 3, 2), np.int16)
    hu[1] = [[100, 100], [200, 200], [400, 400]]
    out, _ = straighten(hu, affine((0, 1.0, 7.0)))  # half a row on for the second slice
    np.testing.assert_array_equal(out[1, :4, 0], [(-1024 + 100) / 2, 150, 300, (400 - 1024) / 2])


def test_each_voxel_stays_where_it_was_in_the_patient() -> None:
    """A bright voxel in each slice, at whole shifts: the same point in mm before and after."""
    before = affine((3.0, -2.0, 7.0))
    hu = np.full((3, 6, 6), -1024, np.int16)
    for k in range(3):
        hu[k, 4 - k, k + 1] = 1000
    out, after = straighten(hu, before)
    for k in range(3):
        j, i = np.argwhere(out[k] == 1000)[0]
        np.testing.assert_allclose(after @ [k, j, i, 1], before @ [k, 4 - k, k + 1, 1])
