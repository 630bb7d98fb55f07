"""Formulas of single tissues at places where the answer is known."""

import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.anatomy.primitives import curve, smooth_step
from pleura.data.synthetic.findings.kinds import CONSOLIDATION, FLUID, GROUND_GLASS
from pleura.data.synthetic.tissue.abdomen import abdomen
from pleura.data.synthetic.tissue.lung import disease_at, lung
from pleura.data.synthetic.tissue.outside import outside
from pleura.data.synthetic.tissue.septa import cell_walls, hash01
from pleura.data.synthetic.tissue.spine import NO_SPINE, vertebra


@pytest.fixture(scope="module")
def anatomy():
    return draw_anatomy(6)


def field(**shares: float) -> np.ndarray:
    """One disease everywhere; (z, y, x, 4)."""
    F = np.zeros((4, 4, 4, 4), np.float32)
    for name, share in shares.items():
        F[..., ("ground_glass", "consolidation", "septa", "fluid").index(name)] = share
    return F


def mean_lung(anatomy, F: np.ndarray, rng) -> tuple[float, list[int]]:
    points = rng.uniform([-150, -145, -150], [150, 155, 150], (2000, 3))  # gravity evens out
    origin, inverse = np.array([-200.0, -200.0, -200.0]), 3 / 500
    answers = [lung(*p, -20.0, 9.0, 1.0, F, origin, inverse, anatomy.shape) for p in points]
    return float(np.mean([hu for hu, _ in answers])), [kind for _, kind in answers]


def test_disease_is_interpolated_between_grid_points() -> None:
    F = np.zeros((2, 2, 3, 4), np.float32)
    F[:, :, 1, 0] = 1.0
    F[1, :, :, 3] = 1.0
    origin = np.array([10.0, 20.0, 30.0])
    assert disease_at(F, origin, 0.5, 11.0, 20.5, 30.5) == pytest.approx((0.5, 0, 0, 0.25))
    assert disease_at(F, origin, 0.5, 9.0, 20.5, 30.5) == (0, 0, 0, 0), "nothing outside the grid"


def test_lung_with_each_disease(anatomy, rng) -> None:
    clear, kinds = mean_lung(anatomy, field(), rng)
    assert set(kinds) == {0}
    assert clear == pytest.approx(anatomy.patient.parenchyma, abs=15)
    glass, kinds = mean_lung(anatomy, field(ground_glass=0.4), rng)
    assert set(kinds) == {GROUND_GLASS}
    assert glass == pytest.approx(clear + 0.4 * (35 - clear), abs=15)
    dense, kinds = mean_lung(anatomy, field(consolidation=1.0), rng)
    assert kinds.count(CONSOLIDATION) > 0.99 * len(kinds)
    assert dense == pytest.approx(38, abs=5)
    wet, kinds = mean_lung(anatomy, field(fluid=1.0), rng)
    assert set(kinds) == {FLUID}
    assert wet == pytest.approx(12, abs=1)
    paved, _ = mean_lung(anatomy, field(ground_glass=0.4, septa=1.0), rng)
    assert paved > glass + 20


def test_lung_is_denser_at_the_back(anatomy, rng) -> None:
    F, origin = field(), np.zeros(3)
    front, back = (
        np.mean([lung(-70.0, y, z, -20.0, 9.0, 1.0, F, origin, 1.0, anatomy.shape)[0] for z in np.arange(60, 140, 0.7)])
        for y in (-60.0, 20.0)
    )
    assert back - front == pytest.approx(anatomy.patient.gravity * 80 / 180, abs=12)


def test_spine_has_a_canal_with_soft_tissue_in_bone(anatomy) -> None:
    S = anatomy.shape
    heights = np.arange(20.0, 180.0, 1.0)
    canal, body = [], []
    for z in heights:
        ys = curve(S.spine, S.z0, z)
        w = 0.9 + 0.1 * S.wide + 0.10 * (0.5 - z / S.H)
        canal.append(vertebra(0.0, ys + 15.5 * w + 7.5, z, ys, S))
        body.append(vertebra(0.0, ys, z, ys, S))
        assert vertebra(43.0, ys - 20, z, ys, S) == NO_SPINE
    assert set(canal) == {40.0}
    body = np.array(body)
    assert ((body == 88).mean()) == pytest.approx(0.17, abs=0.03), "discs"
    assert body.max() > 300, "end plates"


def test_liver_lies_right_and_the_stomach_left(anatomy) -> None:
    S = anatomy.shape
    z = S.dome[5] - 46.0
    ys = curve(S.spine, S.z0, z)
    right = abdomen(-70 * S.wide, 0.0, z, 20.0, -40.0, ys, S)
    assert 20 < right < 260
    gas = abdomen(62 * S.wide, -60 * S.deep, z, 20.0, -40.0, ys, S)
    food = abdomen(62 * S.wide, 10 * S.deep, z, 20.0, -40.0, ys, S)
    assert gas == -960.0
    assert -120 < food < 150
    assert abdomen(0.0, 0.0, z, 1.0, -40.0, ys, S) == 46.0, "the diaphragm"


def test_outside_is_air_and_the_couch_behind(anatomy) -> None:
    couch = np.array([120.0, 0.001, 215.0, -250.0])
    noise = anatomy.shape.noise
    assert outside(0.0, 0.0, 0.0, 0.0, -100.0, 50.0, couch, noise) == -1000
    assert outside(0.0, 0.0, 0.0, 0.0, 121.0, 50.0, couch, noise) == -250
    assert outside(0.0, 0.0, 0.0, 0.0, 140.0, 50.0, couch, noise) == -945
    assert outside(0.0, 0.0, 0.0, 0.0, 220.0, 50.0, couch, noise) == -1000
    assert outside(0.0, 0.0, 0.0, 230.0, 121.0, 50.0, couch, noise) == -1000


def test_septa_lie_where_two_cells_are_equally_near(rng) -> None:
    """Against all cell centres near the point, the slow way."""
    agree = []
    for p in rng.uniform(-20, 20, (300, 3)):
        cells = [np.floor(p).astype(int) + step for step in np.ndindex(5, 5, 5)]
        centres = [
            (
                i - 2 + hash01(i - 2, j - 2, k - 2),
                j - 2 + hash01(j + 55, k - 2, i - 2),
                k - 2 + hash01(k + 111, i - 2, j - 2),
            )
            for i, j, k in cells
        ]
        nearest, second = np.sort(np.linalg.norm(np.array(centres) - p, axis=1))[:2]
        agree.append(cell_walls(*p) == pytest.approx(1 - smooth_step(second - nearest, 0.02, 0.15), abs=1e-6))
    assert np.mean(agree) > 0.97, "the fast way looks at the 27 nearest cells only"
