"""Labels on a study's grid against phantoms whose lesions are known, and against the slices that were left out."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from diagnosis.segmenter_stand_in import stand_in
from pleura.data.segmentation.planes import find_frame, slice_planes
from pleura.diagnosis.segment import most_probable, seen_slices, segment_lesions, shares_to_labels, slice_shares
from pleura.errors import GeometryError, ModelError, NoLungsError, StudyError
from pleura.imaging.field import Field
from pleura.imaging.volume import Source, Volume
from pleura.models.segmenter import Segmenter

LESION = (-575.0, -25.0)
"""Halfway between lung and lesion, so that a voxel that is half of each lies on the border."""


def _volume(hu: np.ndarray, spacing: tuple[float, float, float]) -> Volume:
    affine = np.diag([0.0, 0.0, 0.0, 1.0])
    affine[2, 0], affine[1, 1], affine[0, 2] = spacing
    return Volume(hu=hu, affine=affine, source=Source(format="synthetic", sha256="0" * 64))


def _ball(shape: tuple[int, int, int], spacing: tuple[float, ...], radius: float) -> np.ndarray:
    z, y, x = ((np.arange(n) - (n - 1) / 2) * step for n, step in zip(shape, spacing, strict=True))
    return (z**2)[:, None, None] + (y**2)[:, None] + x**2 < radius**2


@pytest.fixture(scope="module")
def ball() -> tuple[Volume, np.ndarray, np.ndarray]:
    """A ball of 40 mm radius in lungs that are a box of both sides, on thin slices."""
    shape, spacing = (96, 120, 120), (1.25, 1.5, 1.5)
    lesion = _ball(shape, spacing, 40.0)
    lungs = np.zeros(shape, np.uint8)
    lungs[6:90, 8:112, 8:60], lungs[6:90, 8:112, 60:112] = 1, 2
    return _volume(np.where(lesion, -300, -850).astype(np.int16), spacing), lungs, lesion


def test_a_ball_is_found_as_large_as_it_is_from_a_quarter_of_its_slices(ball) -> None:
    volume, lungs, lesion = ball
    model = stand_in("lesions", LESION)
    found = segment_lesions(model, volume, lungs)
    assert model.network.seen == 21  # 84 lung slices of 1.25 mm, one in 5 mm
    assert found.dtype == np.uint8
    assert set(np.unique(found)) == {0, 1}
    dice = 2 * (found.astype(bool) & lesion).sum() / (found.sum() + lesion.sum())
    assert dice > 0.97
    assert found.sum() == pytest.approx(lesion.sum(), rel=0.02)


def test_nothing_is_found_outside_the_lungs(ball) -> None:
    volume, lungs, _ = ball
    found = segment_lesions(stand_in("lesions", (-900.0, -100.0)), volume, lungs)
    assert not found[lungs == 0].any()
    assert found[lungs > 0].mean() > 0.99


def test_slices_that_are_left_out_are_not_shown_and_take_what_their_neighbours_show(ball) -> None:
    volume, lungs, lesion = ball
    spoilt = np.array(volume.hu)
    bad = np.zeros(len(spoilt), bool)
    bad[40:50] = True
    spoilt[bad] = -300  # as if all of it were lesion
    other = _volume(spoilt, volume.spacing)
    model = stand_in("lesions", LESION)
    found = segment_lesions(model, other, lungs, left_out=bad)
    dice = 2 * (found.astype(bool) & lesion).sum() / (found.sum() + lesion.sum())
    assert dice > 0.97
    assert segment_lesions(model, other, lungs).sum() > 1.5 * lesion.sum()


def test_a_study_whose_axes_are_mirrored_gives_the_mirrored_mask(ball) -> None:
    volume, lungs, _ = ball
    hu = np.array(volume.hu)
    hu[:, :, 64:] = -850  # only on one side
    mirrored = np.ascontiguousarray(hu[:, :, ::-1])
    model = stand_in("lesions", LESION)
    found = segment_lesions(model, _volume(hu, volume.spacing), lungs)
    other = segment_lesions(model, _volume(mirrored, volume.spacing), np.ascontiguousarray(lungs[:, :, ::-1]))
    # the frame is centred to a whole voxel, so that the small pixels may lie half a voxel to one side
    assert np.count_nonzero(found != other[:, :, ::-1]) <= 0.02 * found.sum()


def test_every_slice_is_seen_where_they_are_thick_and_few_where_the_card_allows_few() -> None:
    assert seen_slices((3, 9), 5.0, most=100).tolist() == [3, 4, 5, 6, 7, 8]
    assert seen_slices((3, 9), 2.6, most=100).tolist() == [3, 4, 5, 6, 7, 8]
    assert seen_slices((0, 12), 2.5, most=100).tolist() == [1, 3, 5, 7, 9, 11]
    assert seen_slices((0, 12), 5.0, most=4).tolist() == [1, 4, 7, 10]


@pytest.mark.parametrize("spacing", [0.5, 0.625, 1.0, 1.25, 2.0, 3.0, 7.0])
def test_no_gap_is_wider_than_5_mm_unless_the_slices_lie_farther_apart(spacing: float) -> None:
    chosen = seen_slices((11, 203), spacing, most=1000)
    assert np.diff(chosen).max() * spacing <= max(5.0, spacing) + 1e-9
    assert chosen[0] * spacing - 11 * spacing <= 5.0
    assert 202 * spacing - chosen[-1] * spacing <= 5.0


def test_slices_left_out_are_never_chosen() -> None:
    bad = np.zeros(40, bool)
    bad[5:21] = True
    chosen = seen_slices((0, 40), 5.0, most=100, left_out=bad)
    assert chosen.tolist() == [*range(5), *range(21, 40)]
    with pytest.raises(StudyError, match="none of the 10 slices"):
        seen_slices((6, 16), 5.0, most=100, left_out=bad)


def test_labels_follow_the_most_probable_class_from_the_cutoff_on() -> None:
    shares = np.zeros((2, 2, 4, 4), np.float32)
    shares[:, 0, :, :2], shares[:, 1, :, :2] = 0.4, 0.3
    shares[:, 0, :, 2:], shares[:, 1, :, 2:] = 0.1, 0.3
    frame = Field((1, 3), (0, 8), (0, 8))
    found = shares_to_labels(shares, np.array([1, 2]), frame, (4, 8, 8), cutoff=0.5)
    assert not found[[0, 3]].any()
    assert (found[1:3, :, :3] == 1).all()
    assert not found[1:3, :, 5:].any()
    assert (shares_to_labels(shares, np.array([1, 2]), frame, (4, 8, 8), cutoff=0.3)[1:3, :, 5:] == 2).all()


def test_between_two_slices_the_maps_are_weighed_by_distance() -> None:
    shares = np.stack([np.full((1, 4, 4), 1.0), np.zeros((1, 4, 4))]).astype(np.float32)
    found = shares_to_labels(shares, np.array([0, 4]), Field((0, 5), (0, 4), (0, 4)), (5, 4, 4), cutoff=0.3)
    assert found.all(axis=(1, 2)).tolist() == [True, True, True, False, False]  # 1, 0.75, 0.5, 0.25, 0


def test_a_frame_that_reaches_beyond_the_image_is_cut_to_it() -> None:
    shares = np.zeros((1, 1, 8, 8), np.float32)
    shares[..., 4:] = 1.0
    found = shares_to_labels(shares, np.array([0]), Field((0, 1), (-4, 12), (-8, 8)), (1, 8, 8), cutoff=0.5)
    assert found.shape == (1, 8, 8)
    assert found.all()  # the right half of the frame is the image


def test_what_cannot_be_is_refused(ball) -> None:
    volume, lungs, _ = ball
    with pytest.raises(ModelError, match="is for lungs; give one for lesions"):
        segment_lesions(stand_in("lungs", LESION), volume, lungs)
    with pytest.raises(NoLungsError, match="empty"):
        segment_lesions(stand_in("lesions", LESION), volume, np.zeros_like(lungs))
    broken = stand_in("lesions", (float("nan"), 0.0))
    with pytest.raises(ModelError, match="not a number"):
        segment_lesions(broken, volume, lungs)
    with pytest.raises(GeometryError, match="maps of 2 slices for 1"):
        shares_to_labels(
            np.zeros((2, 1, 4, 4), np.float32), np.array([0]), Field((0, 1), (0, 4), (0, 4)), (1, 4, 4), cutoff=0.5
        )


def test_the_answer_does_not_depend_on_the_batch(ball) -> None:
    volume, _, _ = ball
    model, frame = stand_in("lesions", LESION), Field((0, 96), (0, 120), (0, 120))
    chosen = np.arange(0, 96, 8)
    one, all_of_them = (slice_shares(model, volume, frame, chosen, batch=n) for n in (1, 100))
    assert torch.equal(torch.from_numpy(one), torch.from_numpy(all_of_them))


def test_a_network_that_sees_neighbours_sees_those_that_were_chosen(ball) -> None:
    volume, lungs, _ = ball

    class Beside(Segmenter):
        neighbours = 2

        def segment(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([torch.zeros_like(x[:, 0]), x[:, 4] - x[:, 0]], dim=1)

    model = replace(stand_in("lesions", LESION), network=Beside())
    settings = model.card.input
    frame = find_frame(volume, lungs, settings, task="lesions")
    chosen = seen_slices(frame.slices, volume.spacing[0], most=64)
    planes = slice_planes(volume, frame, chosen - frame.slices[0], settings).astype(np.float64) / settings.std
    assert len(chosen) > 10
    for batch in (3, 8):
        shares = slice_shares(model, volume, frame, chosen, batch=batch)[:, 0]
        for place in range(len(chosen)):
            before, after = planes[max(place - 2, 0)], planes[min(place + 2, len(chosen) - 1)]
            np.testing.assert_allclose(shares[place], 1 / (1 + np.exp(before - after)), atol=1e-5)


@pytest.mark.parametrize("classes", [1, 2, 4])
def test_the_most_probable_class_is_that_of_argmax(classes: int) -> None:
    """Shares of a few levels, so that many are alike."""
    generator = torch.Generator().manual_seed(classes)
    shares = torch.randint(0, 4, (classes, 40, 50), generator=generator) / 10
    expected = torch.where(shares.sum(dim=0) >= 0.3, shares.argmax(dim=0) + 1, 0)
    found = most_probable(shares, cutoff=0.3)
    assert found.dtype == torch.uint8
    assert torch.equal(found.long(), expected)
    assert set(expected.unique().tolist()) == set(range(classes + 1))
