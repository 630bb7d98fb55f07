"""Learning curves: lines read back from the axes."""

import numpy as np
import pytest

from pleura.evaluation.figures.learning_curves import learning_curve_figure
from pleura.evaluation.repeated.learning_curves import TrainingLog


def _log(name: str, loss: list[float]) -> TrainingLog:
    return TrainingLog(name, {"epoch": np.arange(1.0, len(loss) + 1), "train_loss": np.array(loss)})


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


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="0 logs with none"):
        learning_curve_figure([])
