"""The interval over runs and that over patients: by their definitions, and which one holds the truth."""

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.intervals.bootstrap import resample_weights
from pleura.evaluation.intervals.runs import over_runs
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.repeated.runs import compare_intervals
from pleura.evaluation.roc import auc, weighted_auc

QUICK = IntervalSettings(resamples=200)


def _runs(rng: np.random.Generator, count: int = 60, runs: int = 5) -> dict[str, Predictions]:
    """Scores with a true AUC of Phi(1 / sqrt(2)): what patients differ by is shared by all runs but for a little."""
    truth = (np.arange(count) < count // 2).astype(np.int64)
    shared = rng.standard_normal(count) * 0.98 + truth
    names = tuple(str(index) for index in range(count))
    made = {}
    for run in range(runs):
        scores = shared + 0.2 * rng.standard_normal(count)
        made[f"r{run}"] = Predictions(("0", "1"), names, truth, np.stack([-scores, scores], axis=1), binary=True)
    return made


def test_both_intervals_by_definition(rng: np.random.Generator) -> None:
    runs = _runs(rng)
    found = compare_intervals(runs, threshold=0.5, settings=QUICK)
    assert list(found) == ["accuracy", "sensitivity 1", "specificity 1", "auc 1"]
    one = found["auc 1"]
    values = [auc(each.truth == 1, each.scores[:, 1]) for each in runs.values()]
    assert one.values == pytest.approx(tuple(values))
    assert one.runs == over_runs(one.values)
    weights = resample_weights(next(iter(runs.values())).truth, resamples=200)
    means = np.mean([weighted_auc(each.truth == 1, each.scores[:, 1], weights) for each in runs.values()], axis=0)
    assert (one.patients.low, one.patients.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))
    width = one.runs.high - one.runs.low
    assert one.times == pytest.approx((one.patients.high - one.patients.low) / width)
    called = [each.scores[:, 1] >= 0.5 for each in runs.values()]
    assert found["sensitivity 1"].patients.value == pytest.approx(np.mean([each[:30].mean() for each in called]))


def test_only_the_interval_over_patients_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    true = NormalDist().cdf(1 / (2 * (0.98**2 + 0.2**2)) ** 0.5)
    held = np.zeros(2)
    for _ in range(60):
        one = compare_intervals(_runs(rng), threshold=0.5, settings=QUICK)["auc 1"]
        held += [one.runs.low <= true <= one.runs.high, one.patients.low <= true <= one.patients.high]
    assert held[0] < 30
    assert held[1] >= 51


def test_several_classes_and_runs_that_agree(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 3, 60)
    scores = rng.dirichlet(np.ones(3), 60)
    one = Predictions(("a", "b", "c"), tuple(str(i) for i in range(60)), truth, scores)
    found = compare_intervals({"x": one, "y": one}, settings=QUICK)
    assert len(found) == 3 + 3 * 3
    assert found["auc"].mean == pytest.approx(np.mean([found[f"auc {name}"].mean for name in "abc"]))
    assert all(one.times is None and one.runs.deviation == 0 for one in found.values())
    by_threshold = compare_intervals({"x": one, "y": one}, threshold=0.0, settings=QUICK)
    assert by_threshold["sensitivity a"].mean == 1.0
    assert by_threshold["accuracy"].mean == found["accuracy"].mean < 1.0
    few = replace(one, patients=tuple(str(i % 3) for i in range(60)))
    assert compare_intervals({"x": few, "y": few}, settings=QUICK)["accuracy"].patients.low is None


def test_one_run_is_none() -> None:
    with pytest.raises(ValueError, match="two runs"):
        compare_intervals({})
