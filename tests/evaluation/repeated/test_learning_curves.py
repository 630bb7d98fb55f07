"""Logs as the trainer writes them, read back; mean and band by hand; lines read back from the axes."""

from pathlib import Path

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.figures.learning_curves import learning_curve_figure
from pleura.evaluation.repeated.learning_curves import TrainingLog, band, read_log
from pleura.training.log import write_log


def _log(name: str, loss: list[float]) -> TrainingLog:
    return TrainingLog(name, {"epoch": np.arange(1.0, len(loss) + 1), "train_loss": np.array(loss)})


def test_a_trainers_log_is_read_back(tmp_path: Path) -> None:
    rows = [{"epoch": 1.0, "train_loss": 1.5}, {"epoch": 2.0, "train_loss": 1.25, "validation_loss": 1.4}]
    (tmp_path / "fold-1").mkdir()
    write_log(tmp_path / "fold-1" / "log.csv", rows)
    found = read_log(tmp_path / "fold-1" / "log.csv")
    assert found.name == "fold-1"
    np.testing.assert_array_equal(found.columns["train_loss"], [1.5, 1.25])
    np.testing.assert_array_equal(found.columns["validation_loss"], [np.nan, 1.4])


def test_mean_and_band_by_hand() -> None:
    found = band([_log("a", [1.0, 0.5, 0.2]), _log("b", [2.0, np.nan, 0.6])], "train_loss")
    np.testing.assert_array_equal(found.epochs, [1, 3])  # the second epoch is known of one only
    np.testing.assert_allclose(found.mean, [1.5, 0.4])
    np.testing.assert_allclose(found.deviation, [np.sqrt(0.5), np.sqrt(0.08)])
    assert band([_log("a", [1.0])], "train_loss").deviation.tolist() == [0.0]


def test_what_has_no_mean_is_refused() -> None:
    with pytest.raises(ValueError, match="no training has a column"):
        band([_log("a", [1.0])], "validation_loss")
    with pytest.raises(ValueError, match="share no epoch"):
        band([_log("a", [1.0, np.nan]), _log("b", [np.nan, 1.0])], "train_loss")


def test_the_figure_has_a_line_a_training_and_their_mean() -> None:
    logs = [_log("a", [1.0, 0.5]), _log("b", [2.0, 0.7])]
    (axes,) = learning_curve_figure(logs).axes
    heights = [line.get_ydata().tolist() for line in axes.lines]
    assert heights == [[1.0, 0.5], [2.0, 0.7], [1.5, pytest.approx(0.6)]]
    assert axes.lines[-1].get_label() == "training: 2 runs, mean ± SD"
    single = learning_curve_figure(logs[:1])
    assert len(single.axes[0].lines) == 1


def test_losses_and_accuracies_have_panels_of_their_own() -> None:
    columns = {"epoch": np.arange(1.0, 3), "train_loss": np.ones(2), "validation_accuracy": np.array([np.nan, 0.5])}
    loss, accuracy = learning_curve_figure([TrainingLog("a", columns)]).axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert accuracy.lines[0].get_xdata().tolist() == [2.0]


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch,note\n1,fine\n")
    with pytest.raises(CohortError, match="is it a training's log"):
        read_log(tmp_path / "log.csv")
    with pytest.raises(ValueError, match="0 logs with none"):
        learning_curve_figure([])
