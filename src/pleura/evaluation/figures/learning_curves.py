"""Logs of one or several trainings in; a figure of loss and accuracy over epochs, with mean and band, out."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pleura.evaluation.figures.style import COLOURS, new_figure, style
from pleura.evaluation.repeated.learning_curves import TrainingLog, band

__all__ = ["learning_curve_figure"]

PANELS = (("loss", ("train_loss", "validation_loss")), ("accuracy", ("train_accuracy", "validation_accuracy")))
"""Label of a panel, and the columns drawn in it."""


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
        if (shown := [column for column in columns if any(log.curve(column) is not None for log in logs)])
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
            curve = log.curve(column)
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
