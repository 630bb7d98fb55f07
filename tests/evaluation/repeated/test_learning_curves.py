"""Logs as the trainer writes them, read back; mean and band by hand."""

from pathlib import Path

import numpy as np
import pytest

from pleura.errors import CohortError
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


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch,note\n1,fine\n")
    with pytest.raises(CohortError, match="is it a training's log"):
        read_log(tmp_path / "log.csv")
