"""Readers beside a model: points by hand, the mean, the vote, and the model at the readers' specificity."""

from dataclasses import replace

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.intervals.proportions import wilson
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.readers.study import cases_read, compare_readers
from pleura.evaluation.readers.table import Answers

QUICK = IntervalSettings(resamples=200)


@pytest.fixture
def predictions() -> Predictions:
    """Four cases of "ill" and four of "well"; the model's score for ill puts one of each on the wrong side."""
    ill = np.array([0.9, 0.8, 0.7, 0.3, 0.6, 0.2, 0.1, 0.05])
    return Predictions(
        ("well", "ill"), tuple("abcdefgh"), np.array([1, 1, 1, 1, 0, 0, 0, 0]), np.stack([1 - ill, ill], axis=1)
    )


@pytest.fixture
def answers() -> Answers:
    """Reader 1: three of four ill, all well right. Reader 2: all ill, half of well. Reader 3 as the truth but one."""
    said = np.array([[1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0, 0, 1]])
    return Answers(("R1", "R2", "R3"), tuple("abcdefgh"), ("well", "ill"), said, ("junior", "junior", "senior"))


def test_by_hand(predictions: Predictions, answers: Answers) -> None:
    study = compare_readers(predictions, answers, settings=QUICK)
    assert (study.cases, study.unread, study.simulated, study.tied) == (8, 0, False, 0)
    assert [one.hits for one in study.accuracies] == [7, 6, 7]
    well, ill = study.classes
    points = [(one.sensitivity.hits, one.specificity.hits) for one in ill.readers]
    assert points == [(3, 4), (4, 2), (4, 3)]
    assert [(b, a) for a, b in points] == [(one.sensitivity.hits, one.specificity.hits) for one in well.readers]
    assert ill.readers[0].sensitivity == wilson(3, 4)
    assert (ill.mean.sensitivity.value, ill.mean.specificity.value) == pytest.approx((11 / 12, 9 / 12))
    assert [(one.name, one.readers) for one in ill.tiers] == [("junior", 2), ("senior", 1)]
    assert ill.tiers[0].specificity.value == pytest.approx(6 / 8)
    assert (ill.vote.sensitivity.hits, ill.vote.specificity.hits) == (4, 4)
    # At specificity 3/4 one well case may be called ill: the threshold 0.3 calls all four ill cases.
    assert ill.model_sensitivity.value == 1.0
    assert ill.difference.value == pytest.approx(1 / 12)
    assert (ill.difference.low, ill.difference.method) == (None, "none")  # four cases are too few


def test_a_tied_vote_is_divided(predictions: Predictions, answers: Answers) -> None:
    two = replace(answers, readers=answers.readers[:2], answers=answers.answers[:2], tiers=None)
    study = compare_readers(predictions, two, settings=QUICK)
    ill = study.classes[1]
    assert study.tied == 3
    assert (ill.vote.sensitivity.hits, ill.vote.specificity.hits) == (3.5, 3)
    assert ill.tiers == ()


def test_only_what_was_read_is_compared(predictions: Predictions, answers: Answers) -> None:
    some = replace(answers, cases=tuple("hgda"), answers=answers.answers[:, [7, 6, 3, 0]])
    study = compare_readers(predictions, some, settings=QUICK)
    assert (study.cases, study.unread) == (4, 4)
    assert cases_read(predictions, some).cases == tuple("adgh")
    assert [one.sensitivity.hits for one in study.classes[1].readers] == [1, 2, 2]
    assert [one.specificity.hits for one in study.classes[1].readers] == [2, 2, 1]
    with pytest.raises(CohortError, match="1 cases without a score, z first"):
        compare_readers(predictions, replace(answers, cases=("z", *"bcdefgh")))


def test_a_mean_of_equal_readers_has_the_interval_of_one(rng: np.random.Generator) -> None:
    """Six readers who all say the same are one reader; nothing is gained by asking them all."""
    truth = rng.integers(0, 2, 200)
    said = np.where(rng.random(200) < 0.8, truth, 1 - truth)
    names = tuple(str(index) for index in range(200))
    predictions = Predictions(("0", "1"), names, truth, np.eye(2)[said], binary=True)
    answers = Answers(tuple("uvwxyz"), names, ("0", "1"), np.tile(said, (6, 1)))
    (one,) = compare_readers(predictions, answers).classes
    single = one.readers[0].sensitivity
    assert one.mean.sensitivity.value == pytest.approx(single.value)
    assert one.mean.sensitivity.high - one.mean.sensitivity.low == pytest.approx(single.high - single.low, rel=0.1)
    assert one.vote.sensitivity.hits == single.hits
    assert one.difference.value == pytest.approx(0)


def test_repeated_patients_widen_a_readers_interval(predictions: Predictions, answers: Answers) -> None:
    alone = compare_readers(predictions, answers, settings=QUICK).classes[1].readers[1].specificity
    paired = replace(predictions, patients=tuple("aabbccdd"))
    found = compare_readers(paired, answers, settings=QUICK).classes[1].readers[1].specificity
    assert (alone.method, found.method) == ("wilson", "wilson-patients")
    assert (found.low, found.high) == (wilson(1, 2).low, wilson(1, 2).high)  # two patients on four cases
