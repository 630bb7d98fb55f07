import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.findings.classes import draw_findings
from pleura.data.synthetic.findings.kinds import NODULE
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.stage import Stage
from pleura.settings import LABELS

STEP = 7.0
DISEASES = ("covid-19", "other-viral", "bacterial", "tuberculosis")


@pytest.fixture(scope="module")
def anatomy():
    return draw_anatomy(6)


@pytest.mark.parametrize("label", LABELS)
def test_findings_follow_from_the_seed_and_are_shares(anatomy, label) -> None:
    severity = 0 if label == "healthy" else 2
    first = draw_findings(anatomy, label, severity, step=STEP)
    again = draw_findings(anatomy, label, severity, step=STEP)
    assert np.array_equal(first.fields, again.fields)
    assert np.array_equal(first.over.capsules, again.over.capsules)
    assert first.fields.min() >= 0
    assert first.fields.max() <= 1
    assert first.fields.any() == (label not in ("healthy", "nodule"))
    assert set(first.over.kinds) <= {NODULE}
    assert len(first.under.capsules) == len(first.under.kinds)
    assert np.isfinite(first.over.capsules).all()
    assert np.isfinite(first.under.capsules).all()


def test_specks_and_scars_belong_to_the_patient(anatomy) -> None:
    """They are the last rows, the same with every disease; a healthy case has nothing else."""
    own = draw_findings(anatomy, "healthy", 0, step=STEP).over.capsules
    assert len(own) > 0
    for label in ("covid-19", "tuberculosis", "nodule"):
        rows = draw_findings(anatomy, label, 2, step=STEP).over.capsules
        assert np.array_equal(rows[len(rows) - len(own) :], own)


@pytest.mark.parametrize("label", DISEASES)
def test_lesions_grow_in_place(anatomy, label) -> None:
    """On a day with a larger extent no point of the lungs has less disease."""
    mask = LungGrid(anatomy, STEP).mask
    before = None
    shares = []
    for extent in (0.0, 0.3, 0.7, 1.0, 1.5):
        stage = Stage(day=5, extent=extent, consolidation=0.2)
        fields = draw_findings(anatomy, label, 2, step=STEP, stage=stage).fields[mask]
        if before is not None:
            assert (fields[:, 0] >= before - 1e-6).all()
        before = fields[:, 0]
        shares.append(float((fields[:, 0] > 0.14).mean()))
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] > 1.3 * shares[-2]


def test_a_stage_says_how_much_is_consolidated(anatomy) -> None:
    mask = LungGrid(anatomy, STEP).mask
    measured = []
    for share in (0.0, 0.3, 0.6):
        stage = Stage(day=5, extent=1.0, consolidation=share)
        fields = draw_findings(anatomy, "covid-19", 3, step=STEP, stage=stage).fields[mask]
        measured.append((fields[:, 1] > 0.5).sum() / (fields[:, 0] > 0.14).sum())
    assert measured[0] == 0
    assert measured == pytest.approx([0.0, 0.3, 0.6], abs=0.12)


def test_crazy_paving_follows_the_stage(anatomy) -> None:
    septa = []
    for paving in (0.0, 0.4, 1.0):
        stage = Stage(day=5, extent=1.0, consolidation=0.1, crazy_paving=paving)
        septa.append(draw_findings(anatomy, "covid-19", 2, step=STEP, stage=stage).fields[..., 2].sum())
    assert septa[0] == 0
    assert septa[1] < septa[2]
