"""Boxes worked by hand, balls on tilted and sheared grids, and properties that hold for any masks."""

import numpy as np
import pytest

from diagnosis.lesions.phantom import affine_of, box_lungs, inside_ball, volume_of
from pleura.diagnosis.lesions.amounts import count_amounts
from pleura.errors import GeometryError, NoLungsError

SHAPE = (12, 20, 24)
GRIDS = {
    "thick slices": affine_of((7.0, 2.0, 2.0)),
    "tilted": affine_of((4.0, 2.0, 1.5), tilt=20.0),
    "turned": affine_of((4.0, 2.0, 1.5), tilt=-12.0, turn=15.0),
    "sheared": affine_of((5.0, 1.0, 1.0), shear=15.0),
}


def _random(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    lesions = (rng.random(SHAPE) < 0.3).astype(np.uint8)
    hu = rng.integers(-900, 100, SHAPE)
    lobes = rng.integers(0, 6, SHAPE).astype(np.uint8)
    return lesions, hu, lobes


def test_a_lesion_in_thick_slices_is_cut_where_the_third_ends() -> None:
    """Lungs of 10 slices of 7 mm are cut at 70 / 3 and 140 / 3 mm; lesion fills the lowest 5 slices of the right."""
    lungs = box_lungs(SHAPE)
    lesions = ((lungs == 1) & (np.arange(12) < 6)[:, None, None]).astype(np.uint8)
    found = count_amounts(lesions, lungs, volume_of(np.full(SHAPE, -500), GRIDS["thick slices"]))
    ml_a_mm = 18 * 10 * 4 / 1000  # of one lung
    lesion = found.thirds[..., 1:].sum(axis=2) / ml_a_mm
    assert lesion == pytest.approx(np.array([[70 / 3, 35 - 70 / 3, 0], [0, 0, 0]]))
    assert found.thirds.sum(axis=2) / ml_a_mm == pytest.approx(np.full((2, 3), 70 / 3))
    assert found.slices / ml_a_mm == pytest.approx([0, 7, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0])
    assert found.cuts == pytest.approx(np.array([[1003.5 + 70 / 3, 1003.5 + 140 / 3]] * 2))


def test_density_tells_consolidation_from_ground_glass() -> None:
    lungs = box_lungs(SHAPE)
    hu = np.full(SHAPE, -850)
    hu[2, 2, 2:6] = (-301, -300, 40, -700)
    lesions = np.zeros(SHAPE, np.uint8)
    lesions[2, 2, 2:6] = 1
    found = count_amounts(lesions, lungs, volume_of(hu, affine_of((1.0, 1.0, 1.0))))
    assert found.thirds.sum(axis=(0, 1))[1:] == pytest.approx([0.002, 0.002])
    assert found.mean_hu == pytest.approx((-301 - 300 + 40 - 700) / 4)


@pytest.mark.parametrize("grid", GRIDS)
def test_a_ball_has_the_volume_of_a_ball_on_any_grid(grid: str) -> None:
    shape, affine = (40, 70, 90), GRIDS[grid]
    centre = (affine @ (19.5, 34.5, 44.5, 1.0))[:3]
    radius = 30.0
    lesions = inside_ball(shape, affine, centre, radius).astype(np.uint8)
    found = count_amounts(lesions, np.full(shape, 1, np.uint8), volume_of(np.full(shape, -500), affine))
    assert found.slices.sum() == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=0.01)


@pytest.mark.parametrize("grid", ["tilted", "turned", "sheared"])
def test_thirds_of_a_tilted_lung_are_those_of_its_height_in_the_body(grid: str) -> None:
    """A second way: points in each voxel, sorted by their own height; voxels half cut may differ a little."""
    shape, affine = (20, 40, 40), GRIDS[grid]
    centre = (affine @ (9.5, 19.5, 19.5, 1.0))[:3]
    lungs = inside_ball(shape, affine, centre, 25.0).astype(np.uint8)
    found = count_amounts(np.zeros(shape, np.uint8), lungs, volume_of(np.zeros(shape), affine))
    fine, coarse = (np.arange(25) - 12) / 25, np.array([-1.0, 0.0, 1.0]) / 3
    steps = np.stack(np.meshgrid(fine, coarse, coarse, indexing="ij"), axis=-1).reshape(-1, 3)
    height = (np.argwhere(lungs)[:, None] + steps) @ affine[2, :3] + affine[2, 3]
    share = np.histogram(height, bins=[-np.inf, *found.cuts[0], np.inf])[0] / height.size
    assert found.thirds[0].sum(axis=1) / found.thirds.sum() == pytest.approx(share, abs=0.004)
    assert share[1] == pytest.approx(13 / 27, abs=0.05)  # of a ball


@pytest.mark.parametrize("grid", GRIDS)
def test_parts_add_up(grid: str, rng: np.random.Generator) -> None:
    lesions, hu, lobes = _random(rng)
    lungs = box_lungs(SHAPE)
    volume = volume_of(hu, GRIDS[grid])
    found = count_amounts(lesions, lungs, volume, lobes=lobes)
    for side in (1, 2):
        inside = lungs == side
        assert found.thirds[side - 1].sum() == pytest.approx(inside.sum() * volume.voxel_ml)
        assert found.thirds[side - 1, :, 1:].sum() == pytest.approx((lesions[inside] > 0).sum() * volume.voxel_ml)
    assert found.slices.sum() == pytest.approx(found.thirds[..., 1:].sum())
    assert found.outside == pytest.approx(((lesions > 0) & (lungs == 0)).sum() * volume.voxel_ml)
    for lobe in range(1, 6):
        inside = (lobes == lobe) & (lungs > 0)
        assert found.lobes[lobe - 1].sum() == pytest.approx(inside.sum() * volume.voxel_ml)
        dense = inside & (lesions > 0) & (hu >= -300)
        assert found.lobes[lobe - 1, 2] == pytest.approx(dense.sum() * volume.voxel_ml)


def test_mirrored_sides_and_upturned_lungs_exchange_their_numbers(rng: np.random.Generator) -> None:
    lesions, hu, _ = _random(rng)
    lungs, affine = box_lungs(SHAPE), GRIDS["thick slices"]
    found = count_amounts(lesions, lungs, volume_of(hu, affine)).thirds
    flipped = {axis: [np.flip(array, axis).copy() for array in (lesions, lungs, hu)] for axis in (0, 1, 2)}
    sides = np.array([0, 2, 1], np.uint8)[flipped[2][1]]
    mirrored = count_amounts(flipped[2][0], sides, volume_of(flipped[2][2], affine)).thirds
    assert mirrored == pytest.approx(found[::-1])
    upturned = count_amounts(flipped[0][0], flipped[0][1], volume_of(flipped[0][2], affine)).thirds
    assert upturned == pytest.approx(found[:, ::-1])
    prone = count_amounts(flipped[1][0], flipped[1][1], volume_of(flipped[1][2], affine)).thirds
    assert prone == pytest.approx(found)


def test_smaller_voxels_change_nothing(rng: np.random.Generator) -> None:
    lesions, hu, lobes = _random(rng)
    lungs, affine = box_lungs(SHAPE), GRIDS["thick slices"]
    fine = affine @ np.diag([0.5, 0.5, 0.5, 1.0])
    fine[:3, 3] = (affine @ (-0.25, -0.25, -0.25, 1.0))[:3]
    small = [array.repeat(2, 0).repeat(2, 1).repeat(2, 2) for array in (lesions, lungs, hu, lobes)]
    one = count_amounts(lesions, lungs, volume_of(hu, affine), lobes=lobes)
    other = count_amounts(small[0], small[1], volume_of(small[2], fine), lobes=small[3])
    assert other.thirds == pytest.approx(one.thirds)
    assert other.lobes == pytest.approx(one.lobes)
    assert other.cuts == pytest.approx(one.cuts)


def test_a_lung_that_is_not_there_has_nothing(rng: np.random.Generator) -> None:
    lungs = np.where(box_lungs(SHAPE) == 2, 2, 0).astype(np.uint8)
    found = count_amounts(_random(rng)[0], lungs, volume_of(np.zeros(SHAPE), GRIDS["tilted"]))
    assert not found.thirds[0].any()
    assert np.isnan(found.cuts[0]).all()
    assert found.thirds[1].all(axis=0).tolist() == [True, False, True]  # all of 0 HU


def test_masks_that_do_not_fit_are_refused() -> None:
    lungs, nothing = box_lungs(SHAPE), np.zeros(SHAPE, np.uint8)
    volume = volume_of(np.zeros(SHAPE), GRIDS["tilted"])
    with pytest.raises(GeometryError, match=r"lesions of shape \(11, 20, 24\), uint8, on a volume"):
        count_amounts(nothing[1:], lungs, volume)
    with pytest.raises(GeometryError, match="int64"):
        count_amounts(nothing.astype(np.int64), lungs, volume)
    with pytest.raises(GeometryError, match="lungs have a label 4; need labels from 0 to 2"):
        count_amounts(nothing, lungs * 2, volume)
    with pytest.raises(GeometryError, match="lobes have a label 6"):
        count_amounts(nothing, lungs, volume, lobes=lungs * 3)
    with pytest.raises(NoLungsError, match="nothing to measure lesions in"):
        count_amounts(nothing, nothing, volume)
