"""Overlap by hand; surface distances against boxes worked out, SimpleITK, and a slow second way."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pleura.evaluation.segmentation.compare import compare_masks, surface_distances

AXES = np.diag([5.0, 2.0, 2.0])


def _box(shape: tuple[int, int, int], low: tuple[int, int, int], high: tuple[int, int, int]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


def test_overlap_of_two_boxes() -> None:
    truth, found = _box((4, 10, 10), (1, 2, 2), (3, 6, 6)), _box((4, 10, 10), (1, 2, 4), (3, 6, 8))
    one = compare_masks(found, truth, AXES)
    assert (one.truth_ml, one.found_ml, one.both_ml) == pytest.approx((0.64, 0.64, 0.32))
    assert one.dice == pytest.approx(0.5)


def test_a_box_that_is_moved_lies_as_far_away_as_it_was_moved() -> None:
    truth, found = _box((9, 20, 40), (4, 8, 8), (5, 9, 9)), _box((9, 20, 40), (4, 8, 18), (5, 9, 19))
    one = compare_masks(found, truth, AXES)
    assert (one.hausdorff95_mm, one.surface_mm) == pytest.approx((20.0, 20.0))
    moved_up = compare_masks(np.roll(truth, 2, axis=0), truth, AXES)
    assert (moved_up.hausdorff95_mm, moved_up.surface_mm) == pytest.approx((10.0, 10.0))


def test_distances_along_oblique_axes_are_those_in_space() -> None:
    truth, found = _box((9, 9, 9), (4, 4, 4), (5, 5, 5)), _box((9, 9, 9), (4, 4, 7), (5, 5, 8))
    sheared = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [2.0, 0.0, 0.0]])  # x is a step of (1, 1, 0) mm
    one = compare_masks(found, truth, sheared)
    assert one.surface_mm == pytest.approx(3 * np.sqrt(2))
    assert one.truth_ml == pytest.approx(0.002)


def test_equal_masks_agree_fully(rng: np.random.Generator) -> None:
    mask = rng.random((6, 12, 12)) < 0.3
    one = compare_masks(mask, mask, AXES)
    assert (one.dice, one.hausdorff95_mm, one.surface_mm) == (1.0, 0.0, 0.0)


def test_empty_masks_have_no_distance_and_an_empty_truth_no_dice() -> None:
    box, nothing = _box((4, 6, 6), (1, 1, 1), (3, 3, 3)), np.zeros((4, 6, 6), bool)
    missed, made_up, neither = (
        compare_masks(*pair, AXES) for pair in ((nothing, box), (box, nothing), (nothing, nothing))
    )
    assert (missed.dice, missed.hausdorff95_mm, missed.surface_mm) == (0.0, None, None)
    assert (made_up.dice, made_up.hausdorff95_mm, made_up.found_ml) == (None, None, pytest.approx(0.16))
    assert (neither.dice, neither.surface_mm) == (None, None)


def test_distances_are_those_of_every_pair(rng: np.random.Generator) -> None:
    found, truth = (rng.random((5, 9, 8)) < 0.15 for _ in range(2))
    for distances, (one, other) in zip(
        surface_distances(found, truth, AXES), ((found, truth), (truth, found)), strict=True
    ):
        points = [np.argwhere(mask) @ AXES.T for mask in (one, other)]  # sparse: every voxel is of the surface
        every = np.linalg.norm(points[0][:, None] - points[1][None], axis=-1).min(axis=1)
        assert np.sort(distances) == pytest.approx(np.sort(every))


def test_the_farthest_distance_is_simpleitk_s_hausdorff_distance() -> None:
    z, y, x = np.indices((16, 40, 40))
    truth = ((z - 8) * 5) ** 2 + ((y - 20) * 2) ** 2 + ((x - 18) * 2) ** 2 < 24**2
    found = ((z - 8) * 5) ** 2 + ((y - 22) * 2) ** 2 + ((x - 20) * 2) ** 2 < 20**2
    images = [sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (found, truth)]
    for image in images:
        image.SetSpacing((2.0, 2.0, 5.0))
    measure = sitk.HausdorffDistanceImageFilter()
    measure.Execute(*images)
    ours = max(one.max() for one in surface_distances(found, truth, AXES))
    assert ours == pytest.approx(measure.GetHausdorffDistance(), rel=1e-5)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"one shape and 3 x 3 axes"):
        compare_masks(np.zeros((2, 2, 2), bool), np.zeros((2, 2, 3), bool), AXES)
