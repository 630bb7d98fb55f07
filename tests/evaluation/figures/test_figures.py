"""What is drawn is what was found: points and curves are read back from the axes, files byte by byte."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from pleura.errors import OutputError
from pleura.evaluation.accuracy import evaluate_predictions
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.figures.confusion import confusion_figure
from pleura.evaluation.figures.roc import roc_figure
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.readers.simulate import simulate_readers, ucadi_panel
from pleura.evaluation.readers.study import compare_readers
from pleura.evaluation.roc import roc_curve

CLASSES = ("healthy", "covid-19", "other-viral", "bacterial")
QUICK = IntervalSettings(resamples=100)


@pytest.fixture
def predictions(rng: np.random.Generator) -> Predictions:
    truth = rng.integers(0, 4, 60)
    scores = rng.dirichlet(np.ones(4), 60)
    scores[np.arange(60), truth] += 0.4
    return Predictions(CLASSES, tuple(str(index) for index in range(60)), truth, scores)


def test_curves_and_points_are_where_they_belong(predictions: Predictions) -> None:
    result = evaluate_predictions(predictions, settings=QUICK).overall
    answers = simulate_readers(predictions.cases, predictions.truth, CLASSES, panel=ucadi_panel(), seed=1)
    study = compare_readers(predictions, answers, settings=QUICK)
    figure = roc_figure(predictions, result, study)
    assert len(figure.axes) == 4
    for k, axes in enumerate(figure.axes):
        drawn = {one.get_label(): one for one in (*axes.lines, *axes.collections)}
        curve = roc_curve(predictions.truth == k, predictions.scores[:, k])
        np.testing.assert_allclose(drawn["model, ROC"].get_xdata(), 1 - curve.specificity)
        np.testing.assert_allclose(drawn["model, ROC"].get_ydata(), curve.sensitivity)
        one, reading = result.classes[k], study.classes[k]
        called = drawn["model, as called"].get_xydata()[0]
        np.testing.assert_allclose(called, [1 - one.specificity.value, one.sensitivity.value])
        points = [[1 - reader.specificity.value, reader.sensitivity.value] for reader in reading.readers]
        np.testing.assert_allclose(drawn["a reader"].get_offsets(), points)
        mean = [[1 - reading.mean.specificity.value, reading.mean.sensitivity.value]]
        np.testing.assert_allclose(drawn["readers' mean"].get_offsets(), mean)
        vote = [[1 - reading.vote.specificity.value, reading.vote.sensitivity.value]]
        np.testing.assert_allclose(drawn["majority vote"].get_offsets(), vote)
        assert f"AUC {one.auc.value:.2f}" in axes.texts[0].get_text()
    assert "SIMULATED" in figure.get_suptitle()


def test_no_readers_no_points(predictions: Predictions) -> None:
    figure = roc_figure(predictions, evaluate_predictions(predictions, settings=QUICK).overall)
    assert figure.get_suptitle() == ""
    assert all(len(axes.collections) == 0 for axes in figure.axes)


def test_classes_without_a_curve_have_no_panel(predictions: Predictions) -> None:
    three = predictions.of(predictions.truth != 2)
    assert len(roc_figure(three, evaluate_predictions(three, settings=QUICK).overall).axes) == 3
    one = predictions.of(predictions.truth == 2)
    with pytest.raises(ValueError, match="both sides"):
        roc_figure(one, evaluate_predictions(one, settings=QUICK).overall)
    with pytest.raises(ValueError, match="same cases"):
        roc_figure(three, evaluate_predictions(predictions, settings=QUICK).overall)


def test_confusion_shows_counts_and_shares_of_rows() -> None:
    figure = confusion_figure(np.array([[3, 1], [0, 0]]), ("a", "b"))
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["3\n75%", "1\n25%", "0", "0"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a (4)", "b (0)"]
    top, bottom = (figure.axes[0].transData.transform((0.5, row + 0.5))[1] for row in (0, 1))
    assert top > bottom, "the first class is on top"
    with pytest.raises(ValueError, match="need a matrix"):
        confusion_figure(np.ones((2, 3), int), ("a", "b"))


def test_same_figure_same_bytes_and_no_date(predictions: Predictions, tmp_path: Path) -> None:
    result = evaluate_predictions(predictions, settings=QUICK).overall
    settings = dict(matplotlib.rcParams)
    for name in ("one", "two"):
        save_figure(roc_figure(predictions, result), tmp_path, name)
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    assert "<dc:date>" not in (tmp_path / "one.svg").read_text()
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert dict(matplotlib.rcParams) == settings, "drawing leaves the settings of others alone"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        save_figure(Figure(), tmp_path / "none", "roc")
