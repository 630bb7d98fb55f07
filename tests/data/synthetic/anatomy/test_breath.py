import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.anatomy.breath import breathe, level_at, moved_by_breath, seen_in_full_breath
from pleura.data.synthetic.anatomy.primitives import curve

DEPTHS = (0.0, 0.4, 0.8)


def seen(x: float, y: float, z: float, shape, breath) -> tuple[float, float, float]:
    """Place in full inspiration."""
    level = level_at(z, shape, breath)
    return (*seen_in_full_breath(x, y, level), level[0])


@pytest.fixture(scope="module")
def shape():
    return draw_anatomy(6).shape


def test_a_full_breath_changes_nothing(shape, rng) -> None:
    full = breathe(shape, 1.0)
    assert full.base == 0
    assert full.density == pytest.approx(1)
    for x, y, z in rng.uniform([-120, -100, -50], [120, 100, shape.H], (50, 3)):
        assert seen(x, y, z, shape, full) == pytest.approx((x, y, z))


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_way_there_and_back_ends_where_it_began(shape, rng, depth) -> None:
    breath = breathe(shape, depth)
    points = rng.uniform([-120, -100, breath.base - 40], [120, 100, shape.H * 1.1], (200, 3))
    there = np.array([seen(*p, shape, breath) for p in points])
    assert moved_by_breath(there, shape, breath, np.ones(200, bool)) == pytest.approx(points, abs=0.15)
    walls = moved_by_breath(points, shape, breath, np.zeros(200, bool))
    assert np.array_equal(walls[:, 2], points[:, 2]), "what lies outside the cage stays at its height"
    behind = points[:, 1] > np.interp(points[:, 2], shape.z0 + 2.0 * np.arange(shape.spine.size), shape.spine)
    assert walls[behind, 1] == pytest.approx(points[behind, 1]), "the back lies on the couch"
    assert (walls[~behind, 1] >= points[~behind, 1] - 1e-9).all(), "the front sinks"


def test_bases_rise_most_and_the_apex_stays(shape) -> None:
    for depth in DEPTHS:
        breath = breathe(shape, depth)
        heights = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]) * shape.H
        points = np.stack([np.full(6, 50.0), np.zeros(6), heights], 1)
        rise = moved_by_breath(points, shape, breath, np.ones(6, bool))[:, 2] - heights
        assert rise[0] == pytest.approx(0.36 * shape.H * (1 - depth), abs=0.4)
        assert rise[0] == pytest.approx(breath.base, abs=0.4)
        assert (np.diff(rise[:5]) < 0).all()
        assert rise[4:] == pytest.approx(0, abs=0.3)
        gaps = np.diff(heights + rise)
        assert (gaps > 0).all(), "nothing is turned over"
        assert gaps[0] < gaps[1] < gaps[2] < gaps[3], "the bases are crowded"


def test_a_wall_stays_a_wall(shape) -> None:
    """A point on the inner side of the cage, or on the spine, is one in full inspiration too."""
    breath = breathe(shape, 0.2)
    for z in (0.3 * shape.H, 0.5 * shape.H, 0.7 * shape.H):
        narrow = 1 / curve(breath.side, breath.z0, z)
        x, _, height = seen(curve(shape.half, shape.z0, z) * narrow, 0.0, z, shape, breath)
        assert x == pytest.approx(curve(shape.half, shape.z0, height), abs=0.1)
        _, y, _ = seen(0.0, curve(shape.spine, shape.z0, z), z, shape, breath)
        assert y == pytest.approx(curve(shape.spine, shape.z0, height), abs=1e-6)
        _, y, _ = seen(0.0, curve(shape.back, shape.z0, z), z, shape, breath)
        assert y == pytest.approx(curve(shape.back, shape.z0, height), abs=0.1)


@pytest.mark.parametrize("depth", DEPTHS)
def test_density_is_the_change_of_volume(shape, depth) -> None:
    """A small box behind the spine's middle and one in front of it, against the table, which takes their mean."""
    breath = breathe(shape, depth)
    for z in np.linspace(breath.base + 20, 0.75 * shape.H, 4):
        change = []
        for y in (-60.0, curve(shape.spine, shape.z0, z) + 15):
            e = 1e-3
            corner = np.array(seen(50.0, y, z, shape, breath))
            edges = [
                np.array(seen(50.0 + a * e, y + b * e, z + c * e, shape, breath)) - corner for a, b, c in np.eye(3)
            ]
            change.append(abs(np.linalg.det(np.array(edges) / e)))
        low, high = sorted(change)
        assert low * 0.97 <= curve(breath.density, breath.z0, z) <= high * 1.03
