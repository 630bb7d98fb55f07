import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.findings.airspace import draw_density, draw_effusion, opacify
from pleura.data.synthetic.findings.amount import Amount
from pleura.data.synthetic.findings.lung_grid import LungGrid


@pytest.fixture(scope="module")
def lungs() -> LungGrid:
    return LungGrid(draw_anatomy(6), 7.0)


def amount(*, drawn: float = 0.2, now: float = 0.2, consolidated: float = 0.3) -> Amount:
    return Amount(
        drawn=drawn, now=now, extent=now / drawn, consolidated=consolidated, paving=0.5, bands=0.0, strength=1.0
    )


def test_the_asked_share_of_the_lungs_is_opaque_where_the_score_is_highest(lungs, rng) -> None:
    score = (lungs.y + 0.37 * lungs.x + 0.11 * lungs.z) / 30.0  # no two points alike
    air = opacify(rng, lungs, amount(now=0.1), score, inner=0 * score, density=0.35)
    assert (air.area[lungs.mask] > 0.5).mean() == pytest.approx(0.1, abs=0.01)
    assert (air.usual[lungs.mask] > 0.5).mean() == pytest.approx(0.2, abs=0.01)
    assert score[air.area > 0.5].min() > np.quantile(score[lungs.mask], 0.88)
    for field in (air.ground_glass, air.consolidation, air.septa):
        assert field.min() >= 0
        assert field.max() <= 1
        assert not field[air.area == 0].any()
    assert np.median(air.ground_glass[air.area > 0.9]) == pytest.approx(0.35, abs=0.08)


def test_density_of_ground_glass_by_hand() -> None:
    g = np.random.default_rng(1)
    drawn = np.array([[draw_density(g, severity) for _ in range(3000)] for severity in (1, 2, 3)])
    assert drawn.mean(1) == pytest.approx([0.295, 0.33, 0.365], abs=0.006)


def test_fluid_lies_at_the_back_of_its_side(lungs, rng) -> None:
    for side in (-1, 1):
        fluid, squeezed = draw_effusion(rng, lungs, side)
        wet = (fluid > 0.5) & lungs.mask
        if wet.any():
            assert (np.sign(lungs.x[wet]) == side).all()
            assert lungs.back[wet].min() > 0.4
        assert not squeezed[np.sign(lungs.x) == -side].any()
