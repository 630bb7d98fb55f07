import numpy as np
import pytest

from pleura.data.synthetic.findings.amount import SEVERITY_BANDS, draw_amount, draw_burden, draw_consolidated_share
from pleura.data.synthetic.findings.stage import Stage


def test_burden_keeps_to_the_bands_that_define_severity() -> None:
    g = np.random.default_rng(1)
    for severity, (low, high) in enumerate(SEVERITY_BANDS, start=1):
        drawn = np.array([draw_burden(g, severity) for _ in range(4000)])
        outside = ((drawn < low) | (drawn > high)).mean()
        assert 0.01 < outside < 0.12, "bands overlap a little at their borders"
        assert 0.006 <= drawn.min() < drawn.max() <= 0.72


def test_consolidated_share_by_hand() -> None:
    g = np.random.default_rng(1)
    mean = [np.mean([draw_consolidated_share(g, severity) for _ in range(4000)]) for severity in (1, 2, 3)]
    assert mean == pytest.approx([0.7 / 6.2, 1.3 / 6.8, 2.0 / 7.5], abs=0.015)  # means of the beta distributions


def test_a_stage_replaces_what_it_names_and_draws_the_same() -> None:
    asked = {"consolidated": 0.11, "paving": 0.5, "bands": 0.4}
    usual_stream, staged_stream = np.random.default_rng(3), np.random.default_rng(3)
    usual = draw_amount(usual_stream, 2, None, **asked)
    stage = Stage(day=4, extent=0.5, consolidation=0.3, crazy_paving=0.2, bands=0.1)
    staged = draw_amount(staged_stream, 2, stage, **asked)
    assert usual_stream.random() == staged_stream.random()
    assert (usual.now, usual.consolidated, usual.paving, usual.bands) == (usual.drawn, 0.11, 0.5, 0.4)
    assert staged.drawn == usual.drawn
    assert staged.now == pytest.approx(0.5 * usual.drawn)
    assert (staged.consolidated, staged.paving, staged.bands) == (0.3, 0.2, 0.1)


def test_the_last_of_a_disease_fades() -> None:
    strength = []
    for extent in (0.0, 0.075, 0.15, 1.0):
        stage = Stage(day=30, extent=extent, consolidation=0.0)
        amount = draw_amount(np.random.default_rng(3), 2, stage, consolidated=0, paving=0, bands=0)
        strength.append(amount.strength)
    assert strength == pytest.approx([0.0, 0.5, 1.0, 1.0])
