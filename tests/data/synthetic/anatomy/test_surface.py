import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.anatomy.primitives import sample
from pleura.data.synthetic.anatomy.regions import COARSE_STEP
from pleura.data.synthetic.anatomy.surface import Wall


@pytest.fixture(scope="module")
def anatomy():
    return draw_anatomy(6)


def test_angles_run_from_the_back_round_the_side_to_the_front(anatomy) -> None:
    wall, H = Wall(anatomy.shape), anatomy.shape.H
    back, left, front = wall.at(1, [0.0, 0.5, 1.0], 0.4, 0.0)
    assert back[0] == pytest.approx(0, abs=1e-9)
    assert back[1] == pytest.approx(wall.curve("back", 0.4))
    assert left[0] == pytest.approx(wall.curve("half", 0.4))
    assert front[1] == pytest.approx(wall.curve("front", 0.4))
    assert back[2] == left[2] == front[2] == pytest.approx(0.4 * H)
    right = wall.at(-1, 0.5, 0.4, 0.0)
    assert right == pytest.approx(left * [-1, 1, 1])


def test_depth_zero_is_the_inner_rib_cage(anatomy) -> None:
    """Against the coarse field of the cage, away from the gutters beside the spine."""
    wall = Wall(anatomy.shape)
    for side in (-1, 1):
        for point in wall.at(side, np.linspace(0.35, 0.95, 9), 0.45, 0.0):
            cage = sample(anatomy.fields[1], anatomy.origin, 1 / COARSE_STEP, *point)
            assert abs(cage) < 2.5


def test_depth_is_measured_outwards(anatomy) -> None:
    wall = Wall(anatomy.shape)
    inner, outer = (wall.at(1, np.linspace(0, 1, 11), 0.5, depth) for depth in (5.0, 25.0))
    assert np.linalg.norm(outer - inner, axis=1) == pytest.approx(20)
