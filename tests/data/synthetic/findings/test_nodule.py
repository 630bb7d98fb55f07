import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.nodule import DIAMETERS, draw_nodule, nodule_rows


@pytest.fixture(scope="module")
def lungs() -> LungGrid:
    return LungGrid(draw_anatomy(6), 6.0)


def reach(rows: np.ndarray, centre: np.ndarray) -> np.ndarray:
    return np.linalg.norm(rows[:, 4:7] - centre, axis=1) + rows[:, 7]


@pytest.mark.parametrize("margin", ["smooth", "lobulated", "spiculated"])
@pytest.mark.parametrize("density", ["solid", "part-solid", "ground glass"])
def test_a_nodule_keeps_its_size_and_density(rng, density, margin) -> None:
    centre = np.array([60.0, 10.0, 150.0])
    rows = np.array(nodule_rows(rng, centre, 8.0, density=density, margin=margin))
    balls = rows[:9]
    assert 0.85 * 8 < reach(balls, centre).max() <= 1.13 * 8
    assert (balls[:, 8] > -100).all() == (density == "solid")
    if margin == "spiculated":
        assert 8 * 1.3 < reach(rows, centre).max() <= 8 * 2.2 + 0.3
    else:
        assert reach(rows, centre).max() <= 1.13 * 8
    if density == "part-solid":
        assert ((rows[:, 8] > -100) & (rows[:, 3] > 1)).sum() == 9, "a solid core of nine balls"


def test_size_follows_severity(lungs) -> None:
    for severity, (low, high) in enumerate(DIAMETERS, start=1):
        for seed in range(8):
            found = draw_nodule(np.random.default_rng(seed), lungs, severity, None)
            assert not found.fields.any()
            rows = found.over.capsules[:9]
            centre = rows[:, :3].mean(0)
            across = 2 * reach(rows, centre).max()
            assert 0.75 * low < across < 1.35 * high
            assert lungs.at(lungs.mask.astype(float), centre[None])[0] == 1
