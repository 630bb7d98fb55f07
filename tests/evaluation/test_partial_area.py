"""Partial areas by hand, as parts of the whole, and with intervals (pROC's values: comparison/test_areas.py)."""

from itertools import pairwise

import numpy as np
import pytest

from pleura.evaluation.partial_area import areas, partial_area
from pleura.evaluation.roc import auc


def test_by_hand() -> None:
    """Points (0, 0), (0, 2/3), (1/3, 2/3), (1/3, 1), (1, 1): up to 1/2 the area is 2/9 + 1/6."""
    found = partial_area([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], low=0.5)
    assert found.area.value == pytest.approx(2 / 9 + 1 / 6)
    # The diagonal has 1/8 there, the best curve 1/2.
    assert found.corrected.value == pytest.approx((1 + (2 / 9 + 1 / 6 - 1 / 8) / (3 / 8)) / 2)


def test_parts_add_up_to_the_whole(rng: np.random.Generator) -> None:
    truth = rng.random(50) < 0.4
    scores = rng.integers(0, 9, 50)
    weights = rng.integers(0, 3, (4, 50)).astype(float)
    for axis in ("specificity", "sensitivity"):
        ends = (0.0, 0.2, 0.55, 1.0)
        parts = [areas(truth, scores, weights, low=a, high=b, axis=axis) for a, b in pairwise(ends)]
        whole = areas(truth, scores, weights, low=0, high=1, axis=axis)
        np.testing.assert_allclose(sum(parts), whole)
        row = weights[0].astype(int)
        assert whole[0] == pytest.approx(auc(np.repeat(truth, row), np.repeat(scores, row)))


def test_the_interval_is_that_of_the_bootstrap(rng: np.random.Generator) -> None:
    truth = np.arange(80) < 40
    scores = rng.standard_normal(80) + 1.2 * truth
    found = partial_area(truth, scores, low=0.8, resamples=400)
    assert (found.area.method, found.corrected.method) == ("bootstrap", "bootstrap")
    assert 0 <= found.area.low < found.area.value < found.area.high <= 0.2
    least = 0.2**2 / 2
    ends = [(1 + (one - least) / (0.2 - least)) / 2 for one in (found.area.low, found.area.high)]
    assert (found.corrected.low, found.corrected.high) == pytest.approx(tuple(ends))
    few = partial_area(truth, scores, low=0.8, resamples=400, patients=[str(i % 4) for i in range(80)])
    assert few.area.method == "none"


@pytest.mark.parametrize("wrong", [{"low": 0.9, "high": 0.9}, {"low": -0.1}, {"low": 0.5, "axis": "recall"}])
def test_a_range_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="need a range"):
        partial_area([0, 1], [0, 1], **wrong)
