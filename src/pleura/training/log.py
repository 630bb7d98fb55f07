"""A run's history in, its log file and a line to read out."""

from collections.abc import Sequence
from pathlib import Path

from pleura.whole_file import write_rows

__all__ = ["row_in_words", "write_log"]


def write_log(path: Path, history: Sequence[dict[str, float]]) -> None:
    """Write the whole history as CSV, one row an epoch, in place of the file before.

    Parameters
    ----------
    path : the file
    history : rows; columns that a row does not have are left empty
    """
    write_rows(path, ({**row, "epoch": int(row["epoch"])} for row in history))


def row_in_words(row: dict[str, float]) -> str:
    """Say an epoch's row in a line."""
    measure = "dice" if "train_dice" in row else "accuracy"
    said = f"epoch {row['epoch']:.0f}: loss {row['train_loss']:.3f}, {measure} {row['train_' + measure]:.3f}"
    if "validation_loss" in row:
        said += f"; validation loss {row['validation_loss']:.3f}, {measure} {row['validation_' + measure]:.3f}"
    return f"{said}; {row['seconds']:.0f} s"
