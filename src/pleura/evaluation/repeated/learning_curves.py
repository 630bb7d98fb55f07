"""Logs of one or several trainings in; their curves, mean and band out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.rows import read_rows

__all__ = ["Band", "TrainingLog", "band", "read_log"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TrainingLog:
    """One training, epoch by epoch."""

    name: str
    columns: dict[str, Floats]
    """Column -> (epochs,), NaN where an epoch was not scored; "epoch" is one of them."""

    def curve(self, column: str) -> tuple[Floats, Floats] | None:
        """Give the epochs at which a column is known, and its values there; None if there are none."""
        if column not in self.columns:
            return None
        known = ~np.isnan(self.columns[column])
        return (self.columns["epoch"][known], self.columns[column][known]) if known.any() else None


@dataclass(frozen=True, eq=False)
class Band:
    """Several trainings' curves summed up at the epochs that all of them have."""

    epochs: Floats
    mean: Floats
    deviation: Floats
    """Standard deviation over trainings, with trainings - 1 below; 0 for a single one."""


def read_log(path: Path, name: str | None = None) -> TrainingLog:
    """Read a training's log.csv.

    Parameters
    ----------
    path : CSV with a column epoch and numbers or empty fields elsewhere
    name : what figures call it; the folder's name by default

    Raises
    ------
    CohortError
        If the file cannot be read, or a field is no number.
    """
    rows = read_rows(path, ("epoch",))
    columns: dict[str, Floats] = {}
    for column in rows[0]:
        try:
            columns[column] = np.array([float(row[column]) if row[column] else np.nan for row in rows])
        except ValueError as error:
            raise CohortError(
                f"{path}: column {column} is not all numbers: {error}; is it a training's log?"
            ) from error
    return TrainingLog(name or path.resolve().parent.name, columns)


def band(logs: Sequence[TrainingLog], column: str) -> Band:
    """Average one column over trainings, at the epochs at which every training that has the column was scored.

    Raises
    ------
    ValueError
        If no training has the column, or they share no epoch.
    """
    curves = [curve for log in logs if (curve := log.curve(column)) is not None]
    if not curves:
        raise ValueError(f"no training has a column {column}")
    shared = sorted(set.intersection(*(set(epochs.tolist()) for epochs, _ in curves)))
    if not shared:
        raise ValueError(f"the trainings share no epoch at which {column} is known")
    values = np.stack([known[np.isin(epochs, shared)] for epochs, known in curves])
    deviation = values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(len(shared))
    return Band(np.array(shared), values.mean(axis=0), deviation)
