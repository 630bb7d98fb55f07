"""Each reader's accuracies and the vote, by hand."""

import numpy as np
import pytest

from pleura.evaluation.intervals.delong import auc_interval
from pleura.evaluation.intervals.proportions import wilson
from pleura.evaluation.readers.points import calls_of, majority, reader_points
from pleura.evaluation.readers.readings import Readings

NONE = np.nan


@pytest.fixture
def readings() -> Readings:
    """Four readers, six cases, the first three positive; the last reader has not read the last case."""
    scores = np.array([[[3, 2, 1, 0, 0, 1], [3, 1, 1, 0, 2, 0], [0, 3, 3, 2, 2, 0], [3, 0, 3, 0, 2, NONE]]])
    return Readings(("CT",), tuple("ABCD"), tuple("uvwxyz"), np.arange(6) < 3, scores, tiers=tuple("ssjj"))


def test_points_by_hand(readings: Readings) -> None:
    calls = calls_of(readings, 2)
    assert calls is not None
    points = reader_points(readings, calls)
    hits = [(one.sensitivity.hits, one.specificity.hits, one.specificity.total) for one in points]
    assert hits == [(2, 3, 3), (1, 2, 3), (2, 1, 3), (2, 1, 2)]
    assert points[0].sensitivity == wilson(2, 3)
    assert points[3].auc == auc_interval([1, 1, 1, 0, 0], [3, 0, 3, 0, 2])
    assert (points[3].cases, points[3].tier) == (5, "j")


def test_the_vote_by_hand(readings: Readings) -> None:
    """Case by case of four: 3, 2 (a tie), 2 (a tie), 1, 3, and none of three call positive."""
    calls = calls_of(readings, 2)
    assert calls is not None
    (vote,) = majority(readings, calls, "all", range(4))
    assert (vote.readers, vote.tied) == (4, 2)
    assert (vote.sensitivity.hits, vote.specificity.hits) == (2.0, 2.0)
    (juniors,) = majority(readings, calls, "j", [2, 3])
    assert (juniors.tied, juniors.sensitivity.hits, juniors.specificity.hits) == (3, 2.0, 1.5)
    assert majority(readings, calls, "one", [0]) == []


def test_without_calls_or_a_threshold_there_are_areas_alone(readings: Readings) -> None:
    assert calls_of(readings, None) is None
    assert {(one.sensitivity, one.specificity) for one in reader_points(readings, None)} == {(None, None)}
