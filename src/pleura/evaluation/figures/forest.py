"""Results by hospital in; a forest plot of accuracy and each class's sensitivity, with intervals, out."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pleura.evaluation.accuracy import AccuracyReport
from pleura.evaluation.figures.style import COLOURS, forest_axes, new_figure, style
from pleura.evaluation.intervals.proportions import Proportion

__all__ = ["forest_figure"]

ACROSS = 3
"""Panels side by side at most, so that the words are legible on a page."""
Lines = Sequence[tuple[str, Proportion | None]]


def forest_figure(report: AccuracyReport) -> Figure:
    """Draw a panel a proportion, with a line a hospital and the cases of all below; square sizes go with the cases.

    Parameters
    ----------
    report : of two hospitals or more
    """
    parts = {**report.by_hospital, "all": report.overall}
    panels: list[tuple[str, Lines]] = [("accuracy", [(name, part.accuracy) for name, part in parts.items()])]
    for index, one in enumerate(report.overall.classes):
        sensitivities = [(name, part.classes[index].sensitivity) for name, part in parts.items()]
        panels.append((f"sensitivity, {one.name}", sensitivities))
    with style():
        columns = min(ACROSS, len(panels))
        down = -(-len(panels) // columns)
        figure = new_figure(1.4 + 2.0 * columns, down * (1.1 + 0.28 * len(parts)))
        for index, (title, lines) in enumerate(panels):
            axes = figure.add_subplot(down, columns, index + 1)
            _panel(axes, lines, confidence=report.settings.confidence, labels=index % columns == 0)
            axes.set_title(title, loc="left")
    return figure


def _panel(axes: Axes, lines: Lines, *, confidence: float, labels: bool) -> None:
    most = max((value.total for _, value in lines if value is not None), default=1)
    for place, (name, value) in enumerate(reversed(lines)):
        if value is None:
            continue
        colour, shape = (COLOURS[1], "D") if name == "all" else (COLOURS[0], "s")
        if value.low is not None and value.high is not None:
            axes.plot([value.low, value.high], [place, place], color=colour)
        size = 3 + 4 * (value.total / most) ** 0.5
        axes.plot(value.value, place, marker=shape, markersize=size, color=colour, linestyle="none", clip_on=False)
    axes.axhline(0.5, color="#999999", linewidth=0.6)
    forest_axes(axes, [name for name, _ in lines], labels=labels)
    axes.set(xlim=(-0.02, 1.02), xlabel=f"share, {100 * confidence:g} % interval")
