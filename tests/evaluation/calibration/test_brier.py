"""The Brier score against scikit-learn, and its parts against Murphy's identity and by hand."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from pleura.evaluation.calibration.brier import brier_parts, brier_score


def test_the_score_is_that_of_scikit_learn(rng: np.random.Generator) -> None:
    p = rng.random(90)
    truth = rng.random(90) < p
    assert brier_score(truth, p) == pytest.approx(brier_score_loss(truth, p))


def test_parts_add_up_and_need_no_rest_where_a_bin_has_one_probability(rng: np.random.Generator) -> None:
    p = rng.choice([0.1, 0.4, 0.8], 150)
    truth = rng.random(150) < p
    found = brier_parts(truth, p, bins=150)
    assert found.within_bins == pytest.approx(0, abs=1e-12)
    levels = [truth[p == one] for one in (0.1, 0.4, 0.8)]
    reliability = sum(len(t) * (q - t.mean()) ** 2 for q, t in zip((0.1, 0.4, 0.8), levels, strict=True)) / 150
    assert found.reliability == pytest.approx(reliability)
    assert found.score == pytest.approx(found.reliability - found.resolution + found.uncertainty)
    coarse = brier_parts(truth, rng.random(150), bins=5)
    total = coarse.reliability - coarse.resolution + coarse.uncertainty + coarse.within_bins
    assert coarse.score == pytest.approx(total)


def test_by_hand() -> None:
    """Said 0.2 of two without and 0.6 of one with, one without: 0.04, 0.04, 0.16, 0.36; prevalence a quarter."""
    found = brier_parts([0, 0, 1, 0], [0.2, 0.2, 0.6, 0.6], bins=2)
    assert found.score == pytest.approx(0.15)
    assert found.reliability == pytest.approx((2 * 0.04 + 2 * 0.01) / 4)
    assert found.resolution == pytest.approx(0.0625)
    assert found.uncertainty == pytest.approx(0.1875)
    assert found.skill == pytest.approx(0.2)
    assert brier_parts([1, 1], [0.9, 0.8]).skill is None
