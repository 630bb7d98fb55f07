"""The interval over runs by hand, with Student's t from a table."""

import pytest

from pleura.evaluation.intervals.runs import Runs, over_runs


def test_five_runs_by_hand() -> None:
    runs = over_runs([0.80, 0.82, 0.84, 0.86, 0.88])
    # Deviation: squares 16 + 4 + 0 + 4 + 16 (in 1e-4) over 4; t of 4 degrees at 97.5 % is 2.776.
    assert runs.mean == pytest.approx(0.84)
    assert runs.deviation == pytest.approx(0.0316228, abs=1e-6)
    assert runs.low == pytest.approx(0.84 - 2.776 * 0.0316228 / 5**0.5, abs=1e-5)
    assert runs.high == pytest.approx(0.84 + 2.776 * 0.0316228 / 5**0.5, abs=1e-5)


def test_the_confidence_counts() -> None:
    # t of 2 degrees at 95 % is 2.920
    assert over_runs([1.0, 2.0, 3.0], confidence=0.9).high == pytest.approx(2 + 2.920 / 3**0.5, abs=1e-3)


def test_too_few_runs_have_no_interval() -> None:
    assert over_runs([]) == Runs(None, None, None, None)
    assert over_runs([0.7]) == Runs(0.7, None, None, None)
