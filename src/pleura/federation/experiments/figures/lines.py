"""Numbers with intervals along an axis in; a figure of panels with a line an arm out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pleura.evaluation.figures.style import COLOURS, new_figure, style
from pleura.evaluation.repeated.runs import Spread

__all__ = ["Line", "Panel", "lines_figure"]

_MARKS = ("o", "s", "^", "D", "v", "P", "X")
_APART = 0.08
"""Between the whiskers of two lines at one place."""
_DASHES = ("-", "--", "-.", ":", "-", "--", "-.")


@dataclass(frozen=True)
class Line:
    """One arm along an axis."""

    name: str
    at: Sequence[float]
    spreads: Sequence[Spread]
    notes: Sequence[str] = ()
    """Beside the points, if any."""


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    title: str
    across: str
    up: str
    lines: Sequence[Line]
    logarithmic: bool = False
    """Whether the axis across is."""
    bounds: tuple[float, float] | None = (0, 1.02)
    """Of the axis up."""


def lines_figure(panels: Sequence[Panel], *, title: str) -> Figure:
    """Draw panels side by side: means over seeds, whiskers for the interval over seeds, a band for that over patients.

    Parameters
    ----------
    panels : one or more
    title : stands above all
    """
    with style():
        figure = new_figure(4.2 * len(panels), 4.1)
        figure.suptitle(title, fontsize=10)
        for place, panel in enumerate(panels):
            axes = figure.add_subplot(1, len(panels), place + 1)
            for number, line in enumerate(panel.lines):
                apart = 0.0 if panel.logarithmic else _APART * (number - (len(panel.lines) - 1) / 2)
                _draw(axes, line, number, apart)
            letter = f"{chr(ord('a') + place)}  " if len(panels) > 1 else ""
            axes.set_title(letter + panel.title, loc="left")
            axes.set(xlabel=panel.across, ylabel=panel.up)
            if panel.bounds is not None:
                axes.set_ylim(*panel.bounds)
            if panel.logarithmic:
                points = sorted({at for line in panel.lines for at in line.at})
                axes.set_xscale("log")
                axes.minorticks_off()
                axes.set_xticks(points, [f"{at:.3g}" for at in points])
            else:
                axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        handles, labels = figure.axes[0].get_legend_handles_labels()
        if len(labels) > 1:
            figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def _ends(spread: Spread) -> Mapping[str, tuple[float, float]]:
    """Give the intervals that exist, by "seeds" and "patients"."""
    found = {}
    for name, one in (("seeds", spread.runs), ("patients", spread.patients)):
        if one.low is not None and one.high is not None:
            found[name] = (one.low, one.high)
    return found


def _draw(axes: Axes, line: Line, number: int, apart: float) -> None:
    colour = COLOURS[number % len(COLOURS)]
    means = [spread.mean for spread in line.spreads]
    style_of = {"color": colour, "marker": _MARKS[number % len(_MARKS)], "linestyle": _DASHES[number % len(_DASHES)]}
    axes.plot(line.at, means, markersize=4, label=line.name, zorder=3, **style_of)  # type: ignore[arg-type]
    intervals = [_ends(spread) for spread in line.spreads]
    if len(line.at) > 1:
        band = [found.get("patients", (mean, mean)) for found, mean in zip(intervals, means, strict=True)]
        axes.fill_between(
            line.at, [low for low, _ in band], [high for _, high in band], color=colour, alpha=0.12, linewidth=0
        )
    for at, found in zip(line.at, intervals, strict=True):
        if "seeds" in found:
            axes.plot([at + apart] * 2, np.clip(found["seeds"], 0, 1), color=colour, linewidth=0.9, zorder=2)
    for at, mean, note in zip(line.at, means, line.notes, strict=False):
        axes.annotate(
            note, (at, mean), textcoords="offset points", xytext=(0, 8), ha="center", fontsize=8, color=colour
        )
