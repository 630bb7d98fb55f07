"""Logs of one or several trainings in; their curves, mean and band out, as numbers and as a figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pleura.errors import CohortError
from pleura.evaluation.figures.style import COLOURS, new_figure, style
from pleura.evaluation.rows import read_rows

__all__ = ["Band", "TrainingLog", "band", "learning_curve_figure", "read_log"]

Floats = npt.NDArray[np.float64]

PANELS = (("loss", ("train_loss", "validation_loss")), ("accuracy", ("train_accuracy", "validation_accuracy")))
"""Label of a panel, and the columns drawn in it."""


@dataclass(frozen=True, eq=False)
class TrainingLog:
    """One training, epoch by epoch."""

    name: str
    columns: dict[str, Floats]
    """Column -> (epochs,), NaN where an epoch was not scored; "epoch" is one of them."""


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
    curves = [curve for log in logs if (curve := _curve(log, column)) is not None]
    if not curves:
        raise ValueError(f"no training has a column {column}")
    shared = sorted(set.intersection(*(set(epochs.tolist()) for epochs, _ in curves)))
    if not shared:
        raise ValueError(f"the trainings share no epoch at which {column} is known")
    values = np.stack([known[np.isin(epochs, shared)] for epochs, known in curves])
    deviation = values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(len(shared))
    return Band(np.array(shared), values.mean(axis=0), deviation)


def learning_curve_figure(logs: Sequence[TrainingLog]) -> Figure:
    """Draw loss and accuracy over epochs: a thin line a training, their mean, and a band of one standard deviation.

    Parameters
    ----------
    logs : one or more, for instance a cross-validation's folds

    Raises
    ------
    ValueError
        If there is no log, or none of them has a column to draw.
    """
    panels = [
        (label, shown)
        for label, columns in PANELS
        if (shown := [column for column in columns if any(_curve(log, column) is not None for log in logs)])
    ]
    if not panels:
        known = ", ".join(column for _, columns in PANELS for column in columns)
        raise ValueError(f"need one log or more with columns among {known}; got {len(logs)} logs with none")
    with style():
        figure = new_figure(4.2 * len(panels), 3.5)
        for index, (label, columns) in enumerate(panels):
            axes = figure.add_subplot(1, len(panels), index + 1)
            for column in columns:
                _draw(axes, logs, column)
            top = 1.02 if label == "accuracy" else None
            axes.set(xlabel="epoch", ylabel=label, ylim=(0, top))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def _draw(axes: Axes, logs: Sequence[TrainingLog], column: str) -> None:
    validating = column.startswith("validation")
    colour, dashes = (COLOURS[1], "-") if validating else (COLOURS[0], "--")
    name = "validation" if validating else "training"
    if len(logs) > 1:
        for log in logs:
            curve = _curve(log, column)
            if curve is not None:
                axes.plot(*curve, color=colour, linestyle=dashes, linewidth=0.7, alpha=0.45)
    mean = band(logs, column)
    if len(logs) > 1:
        axes.fill_between(
            mean.epochs, mean.mean - mean.deviation, mean.mean + mean.deviation, color=colour, alpha=0.15, linewidth=0
        )
        name = f"{name}: {len(logs)} runs, mean ± SD"
    marker = "o" if len(mean.epochs) == 1 else None
    axes.plot(mean.epochs, mean.mean, color=colour, linestyle=dashes, linewidth=1.8, marker=marker, label=name)


def _curve(log: TrainingLog, column: str) -> tuple[Floats, Floats] | None:
    """Give the epochs at which a column is known, and its values there; None if there are none."""
    if column not in log.columns:
        return None
    known = ~np.isnan(log.columns[column])
    return (log.columns["epoch"][known], log.columns[column][known]) if known.any() else None
