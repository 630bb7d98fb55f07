"""Balls and tubes painted on an empty slice, against their volumes by hand."""

import numpy as np
import pytest

from pleura.data.synthetic.anatomy.capsules import FASCIA, LUMEN, MUSCLE, OVER, SOFT, VESSEL, ball, stroke
from pleura.data.synthetic.tissue.paint import paint

SIZE = 40


def painted(row: np.ndarray, *, background=-1000.0, closed=0, h=1.0, kind=1, slices=SIZE, inner=None, slide=0.0):
    buf = np.full((slices, SIZE, SIZE), background, np.float32)
    lesion = np.zeros((SIZE, SIZE), np.uint8)
    zs = (np.arange(slices) - slices // 2) * h
    corner = -h * SIZE / 2
    paint(
        buf,
        np.full(buf.shape, closed, np.uint8),
        np.ones((SIZE, SIZE), np.uint8),
        lesion,
        zs,
        zs if inner is None else inner,
        np.full(slices, slide),
        corner,
        corner,
        h,
        row[None],
        np.array([kind], np.uint8),
        np.array([inner is not None]),
    )
    return buf, lesion


def test_a_ball_has_its_volume_its_value_and_its_mask() -> None:
    buf, lesion = painted(ball(np.array([0.3, -0.2, 0.1]), 8.0, 40.0, VESSEL))
    covered = (buf + 1000) / 1040
    assert covered.min() == 0
    assert covered.max() == pytest.approx(1)
    assert covered.sum() == pytest.approx(4 / 3 * np.pi * 8**3, rel=0.02)
    assert lesion.sum() == pytest.approx(np.pi * 8**2, rel=0.03)


def test_a_tube_thinner_than_a_pixel_gets_fainter_not_thicker() -> None:
    along = [np.array([-18.0, 0.3, 0.0]), np.array([18.0, 0.3, 0.0])]
    sums, peaks = [], []
    for radius in (0.2, 0.3, 0.45):
        buf, _ = painted(stroke(along[0], radius, along[1], radius, 0.0))
        middle = (buf[:, :, SIZE // 2] + 1000) / 1000
        sums.append(middle.sum())
        peaks.append(middle.max())
        assert (middle > 0).sum() <= 4
    assert sums[0] < sums[1] < sums[2]
    assert peaks[0] < peaks[1] < peaks[2] <= 1


def test_a_vessel_is_painted_only_where_it_is_denser() -> None:
    dense, _ = painted(ball(np.zeros(3), 6.0, 40.0, VESSEL), background=100.0)
    assert (dense == 100).all()
    over, _ = painted(ball(np.zeros(3), 6.0, 40.0, OVER), background=100.0)
    assert over.min() == pytest.approx(40)


def test_an_airway_stays_open_in_lung_and_closes_in_fluid_unless_it_is_wide() -> None:
    narrow, wide = ball(np.zeros(3), 3.0, -985.0, LUMEN), ball(np.zeros(3), 5.0, -985.0, LUMEN)
    assert painted(narrow, background=30.0)[0].min() == pytest.approx(-985)
    assert painted(narrow, background=30.0, closed=1)[0].min() == 30
    assert painted(wide, background=30.0, closed=1)[0].min() == pytest.approx(-985)


def test_an_airway_does_not_open_in_a_vessel() -> None:
    wide = ball(np.zeros(3), 5.0, -985.0, LUMEN)
    assert painted(wide, background=42.0, closed=1)[0].min() == 42


def test_muscle_and_its_sheet_keep_to_soft_tissue_outside_the_lungs() -> None:
    muscle, sheet = ball(np.zeros(3), 5.0, 55.0, MUSCLE), ball(np.zeros(3), 5.0, -80.0, FASCIA)
    assert painted(muscle, background=-100.0, closed=1)[0].max() == pytest.approx(55)
    assert painted(sheet, background=50.0, closed=1)[0].min() == pytest.approx(-80)
    for background, closed in ((-860.0, 0), (-1000.0, 1), (600.0, 1)):  # lung, air outside the body, bone
        for row in (muscle, sheet):
            buf, _ = painted(row, background=background, closed=closed)
            assert (buf == background).all()


def test_a_soft_ball_fades_from_its_centre() -> None:
    buf, lesion = painted(ball(np.zeros(3), 5.0, -300.0, SOFT, 0.5), background=-860.0)
    line = buf[SIZE // 2, SIZE // 2, SIZE // 2 :]
    assert line[0] == pytest.approx(-860 + 0.5 * 560, abs=1)
    assert (np.diff(line) <= 0).all()
    assert line[11] == -860
    assert lesion.any()


def test_what_is_no_lesion_leaves_no_mask() -> None:
    assert not painted(ball(np.zeros(3), 6.0, 40.0, VESSEL), kind=0)[1].any()


def test_what_lies_in_the_cage_is_met_at_the_heights_that_breath_has_moved() -> None:
    row = ball(np.array([0.0, 0.0, 6.0]), 5.0, 40.0, VESSEL)
    moved, lesion = painted(row, inner=np.arange(SIZE) - SIZE // 2 + 6.0)
    still, expected = painted(ball(np.zeros(3), 5.0, 40.0, VESSEL))
    assert moved == pytest.approx(still)
    slid, _ = painted(
        ball(np.array([0.0, -3.0, 6.0]), 5.0, 40.0, VESSEL), inner=np.arange(SIZE) - SIZE // 2 + 6.0, slide=3.0
    )
    assert slid == pytest.approx(still)
    unmoved, _ = painted(ball(np.zeros(3), 5.0, 40.0, VESSEL), slide=3.0)
    assert unmoved == pytest.approx(still), "outside the cage nothing slides"
    assert np.array_equal(lesion, expected)
