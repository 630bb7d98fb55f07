"""Means over seeds, by hospital, with both intervals: by hand, by a slow second way, and what they must not claim."""

from dataclasses import replace
from math import hypot, sqrt

import numpy as np
import pytest
from scipy import stats

from pleura.evaluation.accuracy import evaluate_predictions
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.repeated.runs import differences, spreads, tables
from pleura.federation.experiments.report import verdict


def answers(rng: np.random.Generator, *, skill: float, cases: int = 60) -> Predictions:
    truth = np.arange(cases) % 3
    scores = rng.dirichlet(np.ones(3), cases)
    scores[np.arange(cases), truth] += skill
    return Predictions(
        classes=("a", "b", "c"),
        cases=tuple(f"case{index}" for index in range(cases)),
        truth=truth,
        scores=scores / scores.sum(axis=1, keepdims=True),
        patients=tuple(f"patient{index}" for index in range(cases)),
        hospitals=tuple("east" if index % 2 else "west" for index in range(cases)),
    )


def test_values_by_seed_are_those_of_the_evaluation(rng: np.random.Generator) -> None:
    seeds = [answers(rng, skill=0.3) for _ in range(3)]
    found = tables(seeds)
    assert list(found) == ["all hospitals", "east", "west"]
    for number, one in enumerate(seeds):
        report = evaluate_predictions(one)
        for place, result in (("all hospitals", report.overall), *report.by_hospital.items()):
            values = {name: array[number, 0] for name, array in found[place].values.items()}
            assert values["accuracy"] == pytest.approx(result.accuracy.value)
            assert result.balanced_accuracy is not None
            assert values["balanced_accuracy"] == pytest.approx(result.balanced_accuracy.value)
            assert result.macro_auc is not None
            assert values["auc"] == pytest.approx(result.macro_auc.value)
            for each in result.classes:
                assert each.sensitivity is not None
                assert each.specificity is not None
                assert values[f"sensitivity {each.name}"] == pytest.approx(each.sensitivity.value)
                assert values[f"specificity {each.name}"] == pytest.approx(each.specificity.value)


def test_the_interval_over_seeds_is_student_s(rng: np.random.Generator) -> None:
    seeds = [answers(rng, skill=0.3) for _ in range(4)]
    right = [float((one.scores.argmax(axis=1) == one.truth).mean()) for one in seeds]
    spread = spreads(tables(seeds)["all hospitals"])["accuracy"]
    low, high = stats.t.interval(0.95, 3, loc=np.mean(right), scale=np.std(right, ddof=1) / sqrt(4))
    assert spread.mean == pytest.approx(np.mean(right))
    assert (spread.runs.low, spread.runs.high) == pytest.approx((low, high))


def test_the_interval_over_patients_is_near_its_normal_approximation(rng: np.random.Generator) -> None:
    """The mean over seeds is a mean over patients of each one's share of right answers, within classes."""
    seeds = [answers(rng, skill=0.2, cases=300) for _ in range(3)]
    share = np.mean([one.scores.argmax(axis=1) == one.truth for one in seeds], axis=0)
    variance = sum(share[seeds[0].truth == k].var() for k in range(3)) / 3 / 300
    spread = spreads(tables(seeds)["all hospitals"])["accuracy"]
    assert spread.patients.low == pytest.approx(spread.mean - 1.96 * sqrt(variance), abs=0.008)
    assert spread.patients.high == pytest.approx(spread.mean + 1.96 * sqrt(variance), abs=0.008)


def test_differences_are_paired_by_patient(rng: np.random.Generator) -> None:
    """One answer more that is right: the difference has little spread, though both arms have much."""
    seeds = [answers(rng, skill=0.3) for _ in range(2)]
    wrong = [int(np.flatnonzero(one.scores.argmax(axis=1) != one.truth)[0]) for one in seeds]
    better = []
    for one, case in zip(seeds, wrong, strict=True):
        scores = one.scores.copy()
        scores[case] = np.eye(3)[one.truth[case]]
        better.append(replace(one, scores=scores))
    first, second = (tables(both)["all hospitals"] for both in (better, seeds))
    spread = differences(first, second)["accuracy"]
    assert spread.mean == pytest.approx(1 / 60)
    assert spread.patients.low is not None
    assert spread.patients.high is not None
    assert spread.patients.low >= 0
    assert spread.patients.high <= 5 / 60
    alone = spreads(second)["accuracy"].patients
    assert alone.low is not None
    assert alone.high is not None
    assert alone.high - alone.low > 2 * (spread.patients.high - spread.patients.low)


def test_both_intervals_together_are_wider_than_each(rng: np.random.Generator) -> None:
    spread = spreads(tables([answers(rng, skill=0.3) for _ in range(3)])["all hospitals"])["accuracy"]
    runs, patients = spread.runs, spread.patients
    assert spread.both is not None
    assert runs.low is not None
    assert runs.high is not None
    assert patients.low is not None
    assert patients.high is not None
    half = hypot(runs.high - runs.low, patients.high - patients.low) / 2
    assert spread.both == pytest.approx((spread.mean - half, spread.mean + half))
    single = spreads(tables([answers(rng, skill=0.3)])["all hospitals"])["accuracy"]
    assert single.runs.low is None
    assert single.both is None


def test_a_class_that_is_not_there_has_no_measure(rng: np.random.Generator) -> None:
    one = answers(rng, skill=0.3)
    two = one.of(one.truth != 1)
    found = spreads(tables([two])["all hospitals"])
    assert "sensitivity b" not in found
    assert "sensitivity a" in found


def test_seeds_with_other_cases_are_refused(rng: np.random.Generator) -> None:
    one = answers(rng, skill=0.3)
    with pytest.raises(ValueError, match="the same cases"):
        tables([one, one.of(one.truth != 1)])


def test_no_equality_is_claimed_without_the_margin(rng: np.random.Generator) -> None:
    same = tables([answers(rng, skill=0.3, cases=600) for _ in range(5)])["all hospitals"]
    worse = tables([answers(rng, skill=0.0, cases=600) for _ in range(5)])["all hospitals"]
    near = differences(same, same)["accuracy"]
    assert "so nothing is said of equality" in verdict(near, 0.05)  # no width at all is no interval
    apart = differences(same, worse)["accuracy"]
    assert "above zero" in verdict(apart, 0.05)
    assert "below zero" in verdict(differences(worse, same)["accuracy"], 0.05)
    assert "within the margin of 0.9" in verdict(apart, 0.9)
    few = differences(
        tables([answers(rng, skill=0.3, cases=30) for _ in range(2)])["all hospitals"],
        tables([answers(rng, skill=0.3, cases=30) for _ in range(2)])["all hospitals"],
    )["accuracy"]
    assert "undecided" in verdict(few, 0.05)
