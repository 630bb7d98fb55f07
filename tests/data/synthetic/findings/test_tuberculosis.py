import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.anatomy.capsules import OVER
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.stage import Stage
from pleura.data.synthetic.findings.tuberculosis import draw_tuberculosis


@pytest.fixture(scope="module")
def lungs() -> LungGrid:
    return LungGrid(draw_anatomy(6), 7.0)


def test_disease_lies_in_the_upper_half_and_towards_the_back(lungs) -> None:
    height, back = [], []
    for seed in range(12):
        area = draw_tuberculosis(np.random.default_rng(seed), lungs, 2, None).fields[..., 0] > 0.14
        height.append(lungs.t[area & lungs.mask].mean())
        back.append(lungs.back[area & lungs.mask].mean())
    assert np.median(height) > lungs.t[lungs.mask].mean() + 0.1
    assert np.mean(back) > lungs.back[lungs.mask].mean()


def test_cavities_are_air_within_a_wall_and_more_frequent_in_severe_disease(lungs) -> None:
    share = []
    for severity in (1, 3):
        with_cavity = 0
        for seed in range(24):
            rows = draw_tuberculosis(np.random.default_rng(seed), lungs, severity, None).over.capsules
            walls = rows[(rows[:, 9] == OVER) & (rows[:, 8] > -100)]
            air = rows[(rows[:, 9] == OVER) & (rows[:, 8] < -900)]
            for hole in air:
                around = np.linalg.norm(walls[:, :3] - hole[:3], axis=1) < 1e-6
                assert (walls[around, 3] > hole[3] + 1.5).any(), "every hole lies within its wall"
            with_cavity += len(air) > 0
        share.append(with_cavity / 24)
    assert share[0] < share[1]
    assert share[1] > 0.5


def test_cavities_grow_with_the_disease(lungs) -> None:
    volume = []
    for extent in (0.0, 0.5, 1.0):
        stage = Stage(day=20, extent=extent, consolidation=0.4)
        rows = [draw_tuberculosis(np.random.default_rng(n), lungs, 3, stage).over.capsules for n in range(5)]
        volume.append(sum((r[r[:, 9] == OVER, 3] ** 3).sum() for r in rows))
    assert volume[0] == 0
    assert 0 < volume[1] < volume[2]
