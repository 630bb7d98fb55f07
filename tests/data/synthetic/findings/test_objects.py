import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.objects import draw_bands, draw_plates, draw_scars, draw_specks


@pytest.fixture(scope="module")
def lungs() -> LungGrid:
    return LungGrid(draw_anatomy(6), 6.0)


def test_specks_are_under_4_mm_and_lie_where_they_may(lungs, rng) -> None:
    rows = np.array(draw_specks(rng, lungs, 60))
    assert len(rows) == 60
    assert (lungs.at(lungs.mask.astype(float), rows[:, :3]) == 1).all()
    assert 2 * rows[:, 3].max() < 4
    assert 5 <= (rows[:, 8] > 300).sum() <= 27, "one in four is calcified"
    top = np.array(draw_specks(rng, lungs, 20, within=lungs.t > 0.7))
    assert lungs.at(lungs.t, top[:, :3]).min() > 0.7
    assert draw_specks(rng, lungs, 5, within=0 * lungs.t) == []


def test_scars_begin_at_the_pleura(lungs, rng) -> None:
    rows = np.array(draw_scars(rng, lungs, 5))
    assert 10 <= len(rows) <= 30
    depth = lungs.at(lungs.depth, rows[::2, :3])
    assert 0 < depth.min() <= depth.max() < 10


def test_plates_lie_flat_above_the_diaphragm(lungs, rng) -> None:
    rows = np.array(draw_plates(rng, lungs, 6))
    assert len(rows) == 6 * 5
    run = rows[:, 4:7] - rows[:, :3]
    assert (np.abs(run[:, 2]) < 0.6 * np.hypot(run[:, 0], run[:, 1])).mean() > 0.8
    assert lungs.at(lungs.t, 0.5 * (rows[:, :3] + rows[:, 4:7])).max() < 0.4


def test_bands_run_along_the_pleura(lungs) -> None:
    everywhere = np.ones(lungs.mask.shape)
    all_of_them = draw_bands(np.random.default_rng(4), lungs, everywhere, count=12, shown=1.0)
    half = draw_bands(np.random.default_rng(4), lungs, everywhere, count=12, shown=0.5)
    assert 0 < len(half) < len(all_of_them)
    assert all(np.array_equal(a, b) for a, b in zip(half, all_of_them, strict=False)), "the same bands, fewer of them"
    rows = np.array(all_of_them)
    wall = lungs.at(lungs.wall, rows[:, :3])
    assert 0 < np.median(wall) < 16
    assert draw_bands(np.random.default_rng(4), lungs, 0 * everywhere, count=12, shown=1.0) == []
