import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.findings.lung_grid import LungGrid


@pytest.fixture(scope="module")
def lungs() -> LungGrid:
    return LungGrid(draw_anatomy(6), 6.0)


def test_coordinates_run_as_they_say(lungs) -> None:
    m = lungs.mask
    assert lungs.lobe.shape == lungs.x.shape == lungs.back.shape == lungs.wall.shape
    for values in (lungs.back, lungs.t):
        assert values[m].min() == pytest.approx(0, abs=0.05)
        assert values[m].max() == pytest.approx(1, abs=0.05)
    assert np.corrcoef(lungs.back[m], lungs.y[m])[0, 1] > 0.8
    assert np.corrcoef(lungs.t[m], lungs.z[m])[0, 1] > 0.999
    assert (lungs.depth[m] >= 6).all()
    assert (lungs.depth[~m] == 0).all()


def test_the_side_towards_the_mediastinum_is_not_peripheral(lungs) -> None:
    edge = lungs.mask & (lungs.depth <= 6.0) & (lungs.t > 0.3) & (lungs.t < 0.7)
    inner = edge & (np.abs(lungs.x) < 45) & (np.abs(lungs.y) < 30)
    outer = edge & (np.abs(lungs.x) > 100)
    assert inner.any()
    assert outer.any()
    assert lungs.wall[inner].mean() > 30 > 12 > lungs.wall[outer].mean()


def test_distance_to_the_airways_is_least_near_the_hilum(lungs) -> None:
    m = lungs.mask
    assert lungs.bronchi[m].min() == 0
    assert np.corrcoef(lungs.bronchi[m], lungs.wall[m])[0, 1] < -0.2


def test_cut_gives_the_wanted_share(lungs, rng) -> None:
    score = lungs.noise(rng, 12.0)
    assert score[lungs.mask].std() == pytest.approx(1, abs=1e-3)
    for share in (0.05, 0.3, 0.8):
        hard = lungs.cut(score, share, 1e-6)
        assert (hard[lungs.mask] > 0.5).mean() == pytest.approx(share, abs=0.005)
        soft = lungs.cut(score, share, 1.0)
        assert (soft[lungs.mask] >= 0.5).mean() == pytest.approx(share, abs=0.005)
        assert not soft[~lungs.mask].any()


def test_seeds_fall_where_the_prior_is(lungs, rng) -> None:
    field = lungs.spread(rng, 6, np.where(lungs.x > 0, 1.0, 0.0), 10.0)
    high = field > 1.0
    assert high.any()
    assert lungs.x[high].min() > -10
    assert field.max() == pytest.approx(1.4, abs=0.01)
    assert field.min() == -9


def test_points_and_indices_are_each_others_inverse(lungs) -> None:
    flat = np.flatnonzero(lungs.mask)[::997]
    points = np.array([lungs.point(n) for n in flat])
    q, inside = lungs.indices(points)
    assert inside.all()
    assert np.array_equal(np.ravel_multi_index(q.T[::-1], lungs.mask.shape), flat)
    assert not lungs.indices(np.array([[999.0, 0, 0]]))[1].any()
