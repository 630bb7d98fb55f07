"""Readings written and read back; designs with gaps; files that are refused."""

from pathlib import Path

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.readers.readings import Readings, read_readings, write_readings


@pytest.fixture
def readings() -> Readings:
    """Two conditions, two readers, three cases; one reading is missing, another was not timed."""
    scores = np.array([[[1.5, -2, 0], [3, np.nan, 1]], [[1, 0, 0.25], [2, 2, 2]]])
    calls = np.where(np.isnan(scores), np.nan, scores > 1)
    seconds = np.where(np.isnan(scores), np.nan, 30.0 + np.arange(12).reshape(2, 2, 3))
    seconds[1, 1, 2] = np.nan
    truth = np.array([True, False, True])
    return Readings(("CT", "with AI"), ("A", "B"), ("x", "y", "z"), truth, scores, calls, seconds, ("old", "new"), True)


def test_what_is_written_is_read_back(readings: Readings, tmp_path: Path) -> None:
    write_readings(readings, tmp_path / "r.csv")
    found = read_readings(tmp_path / "r.csv")
    for name in ("conditions", "readers", "cases", "tiers", "simulated"):
        assert getattr(found, name) == getattr(readings, name)
    for name in ("positive", "scores", "calls", "seconds"):
        np.testing.assert_array_equal(getattr(found, name), getattr(readings, name))
    assert int((~found.read).sum()) == 1


def test_the_least_that_is_enough(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("case,truth,reader,answer\nx,1,A,1\ny,0,A,0\ny,0,B,1\nx,1,B,0\n")
    found = read_readings(tmp_path / "r.csv")
    assert (found.conditions, found.tiers, found.seconds, found.simulated) == (("reading",), None, None, False)
    np.testing.assert_array_equal(found.scores, [[[1, 0], [0, 1]]])
    np.testing.assert_array_equal(found.scores, found.calls)


def test_readers_are_kept_with_their_conditions(readings: Readings) -> None:
    readings.scores[1, 0] = np.nan
    found = readings.of_readers(["A"])
    assert (found.conditions, found.readers, found.tiers) == (("CT",), ("A",), ("old",))
    np.testing.assert_array_equal(found.seconds, readings.seconds[:1, :1])
    assert readings.of_readers(["B", "A"]).tiers == ("new", "old")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("x,1,A,5,t,p,9", "1 of 1 cases with truth 1; need both"),
        ("x,2,A,5,t,p,9", 'truth "2"; need 1'),
        ("x,1,A,5,t,p,9\nx,0,B,5,t,p,9", "has truth"),
        ("x,1,A,5,t,p,9\ny,0,A,5,u,q,9", "has tier"),
        ("x,1,A,5,t,p,9\ny,0,A,5,t,p,9", "patient p has cases x and y"),
        ("x,1,A,5,t,p,9\ny,0,B,5,t,q,9\nx,1,A,4,t,p,9", "reads case x twice"),
        ("x,1,A,inf,t,p,9\ny,0,B,5,t,q,9", 'score = "inf"; need a finite number'),
        ("x,1,A,1,t,p,0\ny,0,B,5,t,q,9", 'seconds = "0"; need more than 0'),
    ],
)
def test_what_is_wrong_is_said(rows: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(f"case,truth,reader,score,tier,patient,seconds\n{rows}\n")
    with pytest.raises(CohortError, match=message):
        read_readings(tmp_path / "r.csv")


def test_without_scores_and_answers_there_is_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("case,truth,reader\nx,1,A\n")
    with pytest.raises(CohortError, match="neither a column score nor a column answer"):
        read_readings(tmp_path / "r.csv")
