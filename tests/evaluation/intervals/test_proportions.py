"""Wilson's interval against its definition: the proportions that a score test would not reject."""

from statistics import NormalDist

import numpy as np
import pytest

from pleura.evaluation.intervals.proportions import wilson


@pytest.mark.parametrize(("hits", "total"), [(0, 5), (1, 5), (8, 10), (50, 100), (98, 100), (100, 100)])
def test_ends_are_where_the_score_test_is_just_rejected(hits: int, total: int) -> None:
    found = wilson(hits, total)
    z = NormalDist().inv_cdf(0.975)
    grid = np.linspace(1e-6, 1 - 1e-6, 400_001)
    kept = grid[np.abs(hits / total - grid) <= z * np.sqrt(grid * (1 - grid) / total)]
    assert found.low == pytest.approx(kept.min(), abs=1e-5)
    assert found.high == pytest.approx(kept.max(), abs=1e-5)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize(("hits", "total", "confidence"), [(1, 0, 0.95), (3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_what_is_no_proportion_is_refused(hits: int, total: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="need"):
        wilson(hits, total, confidence=confidence)
