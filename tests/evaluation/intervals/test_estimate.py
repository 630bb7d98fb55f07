"""Percentile intervals by hand, and where none is honest."""

import numpy as np
import pytest

from pleura.evaluation.intervals.estimate import percentile


def test_quantiles_by_hand() -> None:
    found = percentile(0.5, np.arange(101) / 100, patients=50, confidence=0.9)
    assert (found.low, found.high) == pytest.approx((0.05, 0.95))
    assert str(found) == "0.500 (0.050 to 0.950)"


def test_undefined_values_and_resamples() -> None:
    assert percentile(float("nan"), np.ones(10), patients=50) is None
    mostly = np.where(np.arange(100) < 10, np.nan, np.arange(100) / 100)
    assert percentile(0.5, mostly, patients=50).low is None
    rarely = np.where(np.arange(100) < 4, np.nan, np.arange(100) / 100)
    assert percentile(0.5, rarely, patients=50).low is not None


def test_resamples_that_are_all_equal_give_no_interval() -> None:
    assert percentile(1.0, np.ones(100), patients=50).method == "none"


def test_the_confidence_is_a_probability() -> None:
    with pytest.raises(ValueError, match="confidence"):
        percentile(0.5, np.ones(3), patients=50, confidence=95)


def test_a_handful_of_patients_gives_no_interval() -> None:
    assert percentile(0.5, np.arange(101) / 100, patients=4).method == "none"
    assert percentile(0.5, np.arange(101) / 100, patients=5).method == "bootstrap"
