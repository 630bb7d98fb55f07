"""What a segmenter sees of a study: against block means and majorities by hand."""

import numpy as np
import pytest

from pleura.data.segmentation.planes import find_frame, label_planes, lesions_of, slice_planes
from pleura.errors import GeometryError, NoLungsError
from pleura.imaging.field import Field
from pleura.imaging.volume import Source, Volume
from pleura.settings import InputSettings

INPUT = InputSettings(window_low=-1200, window_high=300, size=16, field="lungs", interval="every", subsets=1)


def volume(hu: np.ndarray, spacing: tuple[float, float, float] = (5.0, 2.0, 2.0)) -> Volume:
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *spacing, 1
    return Volume(hu=hu, affine=affine, source=Source(format="nifti", sha256=""))


def test_only_ground_glass_and_consolidation_are_lesions() -> None:
    assert lesions_of(np.array([0, 1, 2, 3, 4], np.uint8)).tolist() == [0, 1, 1, 0, 0]


def test_lesions_are_looked_for_in_a_square_around_the_lungs_and_lungs_in_whole_slices() -> None:
    study = volume(np.zeros((9, 60, 60), np.int16))
    lungs = np.zeros(study.shape, np.uint8)
    lungs[2:7, 20:40, 10:40] = 1
    frame = find_frame(study, lungs, INPUT, task="lesions")
    assert frame == Field((2, 7), (10, 50), (5, 45))  # 30 pixels and 10 mm on either side, square
    assert find_frame(study, None, INPUT, task="lungs") == Field((0, 9), (0, 60), (0, 60))
    with pytest.raises(GeometryError, match="no lung mask"):
        find_frame(study, None, INPUT, task="lesions")
    with pytest.raises(NoLungsError):
        find_frame(study, np.zeros(study.shape, np.uint8), INPUT, task="lesions")


def test_slices_are_clipped_and_then_averaged_over_blocks(rng: np.random.Generator) -> None:
    hu = rng.integers(-2000, 2000, (9, 32, 48)).astype(np.int16)
    frame = Field((3, 8), (0, 32), (8, 40))
    planes = slice_planes(volume(hu), frame, np.array([0, 4]), INPUT)
    blocks = np.clip(hu[[3, 7], :, 8:40], -1200, 300).reshape(2, 16, 2, 16, 2).mean(axis=(2, 4))
    np.testing.assert_array_equal(planes, np.rint(blocks).astype(np.int16))


@pytest.mark.parametrize(
    ("spacing", "slices"), [(5.0, 1), (2.5, 1), (5 / 3, 3), (1.25, 3), (1.0, 5), (0.7, 7), (0.625, 7)]
)
def test_thin_slices_are_averaged_to_five_millimetres(spacing: float, slices: int) -> None:
    """Slice z is 100 z HU: a mean of neighbours is the slice's own, and at the end that of those that are there."""
    hu = np.repeat(100 * np.arange(-9, 10), 16 * 16).reshape(19, 16, 16).astype(np.int16)
    hu[9] = 300
    frame = Field((6, 14), (0, 16), (0, 16))
    planes = slice_planes(volume(hu, (spacing, 2.0, 2.0)), frame, np.array([3, 7]), INPUT)
    reach = slices // 2
    for plane, own in zip(planes, (9, 13), strict=True):
        seen = np.clip(hu[own - reach : own + reach + 1, 0, 0].astype(float), -1200, 300)
        assert np.unique(plane).tolist() == [np.rint(seen.mean())]
    ends = slice_planes(volume(hu, (spacing, 2.0, 2.0)), Field((0, 19), (0, 16), (0, 16)), np.array([0, 18]), INPUT)
    clipped = np.clip(hu[:, 0, 0].astype(float), -1200, 300)
    assert ends[:, 0, 0].tolist() == [np.rint(clipped[: reach + 1].mean()), np.rint(clipped[18 - reach :].mean())]


def test_what_is_left_out_has_no_part_in_a_mean() -> None:
    hu = np.zeros((9, 16, 16), np.int16)
    hu[3] = 250
    left_out = np.arange(9) == 3
    frame = Field((0, 9), (0, 16), (0, 16))
    thin = volume(hu, (1.0, 2.0, 2.0))
    assert slice_planes(thin, frame, np.array([4]), INPUT).max() == 50
    assert slice_planes(thin, frame, np.array([4]), INPUT, left_out=left_out).max() == 0
    assert slice_planes(thin, frame, np.array([3]), INPUT, left_out=left_out).min() == 50  # asked for all the same


def test_a_pixel_gets_the_label_that_covers_most_of_it_and_none_is_one() -> None:
    labels = np.zeros((3, 4, 6), np.uint8)
    labels[1, :2, 1] = 1  # half of a block of 2 x 2: none comes first
    labels[1, :2, 2:4] = [[2, 1], [2, 2]]
    labels[1, 2:, 0] = 2
    labels[1, 3, 1] = 2
    labels[1, 2, 4] = 1
    frame = Field((1, 3), (0, 4), (0, 4))
    assert label_planes(labels, frame, np.array([0, 1]), 2).tolist() == [[[0, 2], [2, 0]], [[0, 0], [0, 0]]]


def test_beyond_the_image_there_is_air_and_no_label() -> None:
    frame = Field((0, 1), (-8, 8), (-8, 8))
    hu = np.full((1, 8, 8), 40, np.int16)
    planes = slice_planes(volume(hu), frame, np.array([0]), INPUT)
    labels = label_planes(np.ones((1, 8, 8), np.uint8), frame, np.array([0]), 16)
    inside = np.zeros((16, 16), bool)
    inside[8:, 8:] = True
    np.testing.assert_array_equal(planes[0], np.where(inside, 40, -1200))
    np.testing.assert_array_equal(labels[0], inside)
