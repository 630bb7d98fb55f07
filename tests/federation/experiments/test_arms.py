"""An arm is run once and kept; half of one is no arm, and another run's is refused."""

from pathlib import Path

import numpy as np
import pytest

from pleura.errors import RecipeError
from pleura.evaluation.predictions import Predictions, read_predictions, write_predictions
from pleura.federation.experiments.arms import Arms, Facts


class Work:
    """Answers at random, and how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> tuple[Predictions, Facts]:
        self.times += 1
        scores = np.random.default_rng(self.times).dirichlet(np.ones(2), 3)
        return Predictions(("a", "b"), ("x", "y", "z"), np.array([0, 1, 1]), scores), {"bytes": 7}


def arms(folder: Path, run: str) -> Arms[Predictions]:
    return Arms(folder, run, None, read=read_predictions, write=write_predictions)


def test_an_arm_is_run_once_and_read_back_alike(tmp_path: Path) -> None:
    work = Work()
    first = arms(tmp_path, "run").get("fourth alone round 01", work)
    again = arms(tmp_path, "run").get("fourth alone round 01", work)
    assert work.times == 1
    assert again.facts == first.facts
    assert first.facts["bytes"] == 7
    np.testing.assert_array_equal(again.predictions.scores, first.predictions.scores)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "fourth-alone-round-01.csv",
        "fourth-alone-round-01.json",
    ]


def test_answers_without_their_facts_are_no_arm(tmp_path: Path) -> None:
    """As a run leaves them that is killed between the two files."""
    work = Work()
    arms(tmp_path, "run").get("pooled", work)
    (tmp_path / "pooled.json").unlink()
    assert arms(tmp_path, "run").kept("pooled") is None
    second = arms(tmp_path, "run").get("pooled", work)
    assert work.times == 2
    expected = np.random.default_rng(2).dirichlet(np.ones(2), 3)
    np.testing.assert_allclose(second.predictions.scores, expected, atol=1e-6)


def test_another_run_s_arm_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    arms(tmp_path, "run").get("pooled", Work())
    with pytest.raises(RecipeError, match="is of another run"):
        arms(tmp_path, "other").get("pooled", Work())
    (tmp_path / "pooled.json").write_text('{"run": "run"}')
    with pytest.raises(RecipeError, match="is damaged"):
        arms(tmp_path, "run").kept("pooled")
