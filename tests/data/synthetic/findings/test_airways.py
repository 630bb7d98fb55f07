import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.findings.airways import (
    choose_tips,
    draw_buds,
    draw_centrilobular,
    thick_bronchi,
    thick_vessels,
)
from pleura.data.synthetic.findings.lung_grid import LungGrid


@pytest.fixture(scope="module")
def lungs() -> LungGrid:
    return LungGrid(draw_anatomy(6), 7.0)


@pytest.fixture
def right(lungs) -> np.ndarray:
    return np.where(lungs.x < 0, 1.0, 0.0)


def test_more_tips_are_the_same_tips_and_others(lungs, right) -> None:
    few = choose_tips(np.random.default_rng(2), lungs, right, 10)
    many = choose_tips(np.random.default_rng(2), lungs, right, 40)
    assert few.shape == (10, 3)
    assert np.array_equal(many[:10], few)
    assert len(np.unique(many, axis=0)) == 40
    assert many[:, 0].max() < 7
    assert len(choose_tips(np.random.default_rng(2), lungs, 0 * right, 5)) == 0


def test_tips_follow_the_prior(lungs) -> None:
    """With a weight three times as large on the left, about three in four of a small sample of tips lie there."""
    prior = np.where(lungs.x > 0, 3.0, 1.0)
    tips = lungs.anatomy.trees.tips
    inside = lungs.at(lungs.mask.astype(float), tips) > 0
    left, right = (tips[inside, 0] > 0).sum(), (tips[inside, 0] < 0).sum()
    chosen = np.vstack([choose_tips(np.random.default_rng(n), lungs, prior, 20) for n in range(40)])
    assert (chosen[:, 0] > 0).mean() == pytest.approx(3 * left / (3 * left + right), abs=0.06)


def test_nodules_and_buds_keep_to_the_prior(lungs, right, rng) -> None:
    rows = np.array(draw_centrilobular(rng, lungs, right, count=50, radius=3.0, hu=-300.0, softness=0.5))
    assert rows.shape == (50, 11)
    assert rows[:, 0].max() < 18
    assert 0.6 * 3 <= rows[:, 3].min() <= rows[:, 3].max() <= 1.35 * 3
    buds = np.array(draw_buds(rng, lungs, right, count=12))
    assert 2 * 3 * 12 <= len(buds) <= 2 * 5 * 12, "three to five branches each, a line and a knob a branch"
    assert buds[:, [0, 4]].max() < 25
    assert draw_buds(rng, lungs, 0 * right, count=5) == []


def test_walls_and_vessels_grow_only_in_the_disease(lungs, right) -> None:
    trees = lungs.anatomy.trees
    walls = np.array(thick_bronchi(lungs, right, factor=1.0))
    assert 0 < len(walls) < len(trees.airways)
    assert 0.5 * (walls[:, 0] + walls[:, 4]).max() < 10
    known = {tuple(c) for c in np.round(trees.airways[:, :3], 6)}
    assert {tuple(c) for c in np.round(walls[:, :3], 6)} <= known
    vessels = np.array(thick_vessels(lungs, right, factor=1.5))
    both = np.vstack([trees.arteries[:, :8], trees.veins[:, :8]])
    radius = {tuple(np.round(c[:3], 6)): c[3] for c in both}
    assert len(vessels) > 0
    assert all(row[3] <= 1.5 * 2.6 for row in vessels)
    assert sum(row[3] == pytest.approx(1.5 * radius[tuple(np.round(row[:3], 6))]) for row in vessels) > 0.4 * len(
        vessels
    )
    assert thick_vessels(lungs, 0 * right, factor=1.5) == []
