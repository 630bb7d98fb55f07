import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.findings.classes import draw_findings
from pleura.data.synthetic.findings.kinds import NODULE
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.objects import draw_centrilobular, draw_nodules, draw_scars
from pleura.data.synthetic.findings.pattern import Painted, draw_burden, draw_consolidated_share
from pleura.settings import CLASSES


@pytest.fixture(scope="module")
def anatomy():
    return draw_anatomy(6)


@pytest.mark.parametrize("label", CLASSES)
def test_findings_follow_from_the_seed_and_are_shares(anatomy, label) -> None:
    severity = 0 if label == "healthy" else 2
    first = draw_findings(anatomy, label, severity, step=6.0)
    again = draw_findings(anatomy, label, severity, step=6.0)
    assert np.array_equal(first.fields, again.fields)
    assert np.array_equal(first.over.capsules, again.over.capsules)
    assert first.fields.min() >= 0
    assert first.fields.max() <= 1
    assert first.fields.any() == (label != "healthy")
    assert first.over.kinds.tolist() == [NODULE] * len(first.over.capsules)
    assert len(first.under.capsules) == len(first.under.kinds)


def test_burden_by_hand() -> None:
    g = np.random.default_rng(1)
    for severity, median in ((1, 0.035), (2, 0.12), (3, 0.32)):
        drawn = np.array([draw_burden(g, severity) for _ in range(4000)])
        assert np.median(drawn) == pytest.approx(median, rel=0.05)
        assert 0.006 <= drawn.min() < drawn.max() <= 0.72
    late = [np.mean([draw_consolidated_share(g, s) for _ in range(4000)]) for s in (1, 2, 3)]
    assert late == pytest.approx([1.2 / 4.4, 2 / 5.2, 2.8 / 6.0], abs=0.02)  # means of the beta distributions


def test_nodules_lie_in_the_lungs_with_radii_in_their_range(anatomy, rng) -> None:
    lungs = LungGrid(anatomy, 6.0)
    rows = np.array(draw_nodules(rng, lungs, count=40, smallest=1.3, largest=2.8))
    assert len(rows) == 40
    assert (anatomy.lobes_at(rows[:, :3])[0] > 0).mean() > 0.9
    assert 0.7 * 1.3 <= rows[:, 3].min() <= rows[:, 3].max() <= 2.8
    large = np.array(draw_nodules(rng, lungs, count=1, smallest=9.0, largest=10.0))
    assert len(large) >= 6 + 6, "six lumps and at least six spicules"


def test_centrilobular_nodules_keep_to_the_prior(anatomy, rng) -> None:
    lungs = LungGrid(anatomy, 6.0)
    rows = draw_centrilobular(
        rng, lungs, np.where(lungs.x < 0, 1.0, 0.0), count=50, radius=3.0, hu=-300.0, softness=0.5
    )
    assert len(rows) == 50
    assert np.array(rows)[:, 0].max() < 12
    assert draw_centrilobular(rng, lungs, 0 * lungs.x, count=5, radius=3.0, hu=-300.0, softness=0.5) == []


def test_scars_begin_at_the_pleura(anatomy, rng) -> None:
    lungs = LungGrid(anatomy, 6.0)
    rows = np.array(draw_scars(rng, lungs, 5))
    assert 10 <= len(rows) <= 30
    begins, inside = lungs.indices(rows[::2, :3])
    assert inside.all()
    depth = lungs.depth[begins[:, 2], begins[:, 1], begins[:, 0]]
    assert 0 < depth.min() <= depth.max() < 10


def test_painted_objects_add_up() -> None:
    a, b = Painted.of([np.arange(11.0)], 3), Painted.of([], 1)
    both = a + b + a
    assert both.capsules.shape == (2, 11)
    assert both.kinds.tolist() == [3, 3]
    assert both.kinds.dtype == np.uint8
