"""What is asked for is worked out of the right cases, written, and read back."""

import csv
import json
from math import inf
from pathlib import Path

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.accuracy import evaluate_predictions
from pleura.evaluation.calibration.assess import assess_calibration
from pleura.evaluation.calibration.slope import calibration_slope
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.cutoffs.choose import Rule
from pleura.evaluation.figures.calibration import calibration_figure
from pleura.evaluation.figures.decision import decision_figure
from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.intervals.ratios import ppv_at
from pleura.evaluation.output.plain import number
from pleura.evaluation.output.supplement import supplement_table, write_supplement
from pleura.evaluation.partial_area import partial_area
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.supplement import Wishes, supplement
from pleura.evaluation.utility.decision_curve import decision_curve

CLASSES = ("healthy", "covid-19", "other-viral")
QUICK = IntervalSettings(resamples=100)
ALL = Wishes(
    calibration=True,
    bins=5,
    decision_curve=True,
    partial=("specificity", 0.8, 1.0),
    prevalences={"covid-19": 0.05},
    rules=(Rule("youden"),),
)


@pytest.fixture
def predictions(rng: np.random.Generator) -> Predictions:
    truth = rng.integers(0, 3, 90)
    p = rng.dirichlet(np.ones(3), 90) + 0.5 * np.eye(3)[truth]
    return Predictions(CLASSES, tuple(str(i) for i in range(90)), truth, p / p.sum(axis=1, keepdims=True))


def test_each_part_is_what_its_function_gives(predictions: Predictions) -> None:
    result = evaluate_predictions(predictions, settings=QUICK).overall
    found = supplement(predictions, result, ALL, settings=QUICK)
    truth, p = predictions.truth == 1, predictions.probabilities[:, 1]
    assert found.partial["covid-19"] == partial_area(truth, p, low=0.8, resamples=100)
    curve = decision_curve(truth, p, prevalence=0.05, resamples=100)
    np.testing.assert_array_equal(found.decisions["covid-19"].model, curve.model)
    assert found.decisions["healthy"].prevalence == pytest.approx((predictions.truth == 0).mean())
    assert found.predictive["covid-19"].ppv == ppv_at(0.05, result.classes[1].lr_positive)
    assert list(found.predictive) == ["covid-19"]
    assert found.calibration.classes[1].slope == calibration_slope(truth, p)
    assert len(found.calibration.classes[1].bins) == 5
    assert found.cut_offs["healthy"][0].overlap == 90
    one_hot = np.eye(3)[predictions.truth]
    assert found.calibration.brier == pytest.approx(((predictions.probabilities - one_hot) ** 2).sum(axis=1).mean())


def test_nothing_asked_nothing_found(predictions: Predictions, tmp_path: Path) -> None:
    result = evaluate_predictions(predictions, settings=QUICK).overall
    found = supplement(predictions, result, Wishes(), settings=QUICK)
    assert supplement_table(found) == {}
    write_supplement(tmp_path, found)
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_what_was_found(predictions: Predictions, tmp_path: Path) -> None:
    found = supplement(predictions, evaluate_predictions(predictions, settings=QUICK).overall, ALL, settings=QUICK)
    table = json.loads(json.dumps(supplement_table(found), allow_nan=False))
    assert set(table) == {"calibration", "decision_curve", "partial_auc", "cut_offs", "predictive_values"}
    assert "look better" in table["cut_offs"]["covid-19"][0]["warning"]
    slope = found.calibration.classes[2].slope.slope
    assert table["calibration"]["classes"]["other-viral"]["slope"]["low"] == pytest.approx(slope.low, abs=1e-6)
    write_supplement(tmp_path, found)
    names = [f"{name}.{kind}" for name in ("calibration", "decision-curve") for kind in ("csv", "png", "svg")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    with (tmp_path / "calibration.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["class"] == "covid-19"]
    assert sum(int(row["cases"]) for row in rows) == 90
    with (tmp_path / "decision-curve.csv").open(newline="") as file:
        assert sum(1 for _ in csv.DictReader(file)) == 3 * 99


def test_points_are_drawn_where_they_belong(predictions: Predictions) -> None:
    report = assess_calibration(predictions, bins=4, settings=QUICK)
    figure = calibration_figure(report)
    line = figure.axes[1].containers[1].lines[0]
    np.testing.assert_allclose(line.get_xdata(), [one.mean for one in report.classes[1].bins])
    np.testing.assert_allclose(line.get_ydata(), [one.observed.value for one in report.classes[1].bins])
    curve = decision_curve(predictions.truth == 1, predictions.probabilities[:, 1], resamples=100)
    drawn = {one.get_label(): one for one in decision_figure({"covid-19": curve}).axes[0].lines}
    np.testing.assert_allclose(drawn["model"].get_ydata(), curve.model)
    np.testing.assert_allclose(drawn["treat all"].get_ydata(), curve.treat_all)
    with pytest.raises(ValueError, match="one decision curve"):
        decision_figure({})


def test_a_single_score_and_one_that_separates() -> None:
    scores = np.array([0.1, 0.2, 0.8, 0.9])
    one = Predictions(("0", "1"), tuple("abcd"), np.array([0, 0, 1, 1]), np.stack([-scores, scores], 1), binary=True)
    report = assess_calibration(one, settings=QUICK)
    assert [each.name for each in report.classes] == ["1"]
    assert report.classes[0].slope is None
    assert "no end" in report.classes[0].no_slope
    assert report.brier == pytest.approx((0.01 + 0.04 + 0.04 + 0.01) / 4)
    assert len(calibration_figure(report).axes) == 1


def test_wrong_wishes_are_refused(predictions: Predictions) -> None:
    result = evaluate_predictions(predictions, settings=QUICK).overall
    with pytest.raises(CohortError, match="given for flu"):
        supplement(predictions, result, Wishes(prevalences={"flu": 0.1}), settings=QUICK)


def test_what_is_infinite_is_marked_and_valid_json() -> None:
    plain = number(Estimate(inf, 3.0, inf, "score"))
    assert plain == {"value": None, "low": 3.0, "high": None, "method": "score", "unbounded": True}
