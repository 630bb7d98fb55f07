"""Muscles and shoulders against where they must lie: under the skin, outside the lungs, on their own side."""

import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.anatomy.muscles import draw_muscles
from pleura.data.synthetic.anatomy.primitives import sample
from pleura.data.synthetic.anatomy.regions import COARSE_STEP
from pleura.data.synthetic.anatomy.shoulder import Shoulder


@pytest.fixture(scope="module", params=(1, 2, 6))
def anatomy(request):
    return draw_anatomy(request.param)


def field(anatomy, index: int, points: np.ndarray) -> np.ndarray:
    """Skin (0) or cage (1) at points (n, 3), mm."""
    return np.array([sample(anatomy.fields[index], anatomy.origin, 1 / COARSE_STEP, *p) for p in points])


def test_muscles_lie_under_the_skin_and_outside_the_lungs(anatomy) -> None:
    rows = np.vstack(anatomy.muscles)
    chest = rows[(rows[:, 2] > 0) & (rows[:, 2] < 0.8 * anatomy.shape.H)]
    assert len(chest) > 1000
    assert (field(anatomy, 0, chest[:, :3]) < 0).mean() > 0.98
    in_lung = anatomy.lobes_at(np.ascontiguousarray(chest[:, :3]))[0] > 0
    assert in_lung.mean() < 0.005, "a few beside the spine, which are not painted there"
    assert (field(anatomy, 1, chest[:, :3]) > 3).mean() > 0.95, "over the inner surface of the ribs"


def test_every_muscle_has_its_twin_on_the_other_side(anatomy) -> None:
    half = len(anatomy.muscles) // 2
    right, left = anatomy.muscles[:half], anatomy.muscles[half:]
    for a, b in zip(right, left, strict=True):
        assert a.shape == b.shape
        assert a[:, 0].mean() < 0 < b[:, 0].mean()
        assert a[:, 1:4].mean(0) == pytest.approx(b[:, 1:4].mean(0), abs=3.0)


def test_muscles_follow_from_the_seed(anatomy) -> None:
    again = draw_muscles(anatomy.seed, anatomy.patient, anatomy.shape)
    assert all(np.array_equal(a, b) for a, b in zip(again, anatomy.muscles, strict=True))
    other = draw_muscles(anatomy.seed + 1, anatomy.patient, anatomy.shape)
    assert not np.array_equal(other[0], anatomy.muscles[0])


def test_a_raised_arm_lies_above_and_beside_its_joint(anatomy) -> None:
    for side in (-1, 1):
        shoulder = Shoulder.place(side, anatomy.patient, anatomy.shape)
        assert side * shoulder.head[0] > side * shoulder.joint[0] > 100
        assert shoulder.head[2] > shoulder.joint[2]
        inner, outer = shoulder.border(np.array([0.0, 0.5, 1.0]))
        assert inner[0, 2] > inner[1, 2] > inner[2, 2], "from top to lowest point"
        assert np.allclose(inner[2, 2], outer[2, 2], atol=1e-6), "both borders end at the lowest point"
        assert (side * inner[:2, 0] < side * outer[:2, 0]).all()
        assert (field(anatomy, 1, inner[1:]) > 9).all(), "the blade lies behind the ribs"


def test_density_of_muscle_falls_with_age(anatomy) -> None:
    expected = 51 - 0.25 * (anatomy.patient.age - 45)
    assert anatomy.shape.organs[5] == pytest.approx(min(max(expected, 30), 62))
