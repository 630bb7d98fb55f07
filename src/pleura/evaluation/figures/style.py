"""The one style of all figures, and a figure in, a PNG and an SVG out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pleura.whole_file import whole_file

__all__ = ["COLOURS", "forest_axes", "mark_simulated", "new_figure", "rate_axes", "save_figure", "style"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444")
"""Told apart by the colour-blind (Okabe and Ito); lines differ in dashes too, points in shape."""
SETTINGS: dict[Any, Any] = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.07,
    "figure.constrained_layout.w_pad": 0.07,
    "figure.dpi": 100,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "savefig.dpi": 200,
    "svg.fonttype": "path",
    "svg.hashsalt": "pleura",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw and save within this; settings outside stay as they were."""
    with matplotlib.rc_context(SETTINGS):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure of so many inches that needs no display."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def rate_axes(axes: Axes) -> None:
    """Give axes from 0 to 1 for sensitivity over 1 - specificity, of equal length."""
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="1 - specificity", ylabel="sensitivity", aspect="equal")
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])


def forest_axes(axes: Axes, names: Sequence[str], *, labels: bool) -> None:
    """Give a forest plot's axes: a line a name, the first at the top, at heights len(names) - 1 down to 0.

    Parameters
    ----------
    axes : to be drawn on
    names : of the lines
    labels : whether the names are written here; only the first of several panels has them
    """
    axes.set_ylim(-0.7, len(names) - 0.3)
    axes.set_yticks(range(len(names))[::-1], names)
    axes.tick_params(axis="y", length=0, labelleft=labels)
    axes.spines["left"].set_visible(False)
    axes.xaxis.grid(visible=True, color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)


def mark_simulated(figure: Figure) -> None:
    """Write over a figure that no person gave the answers in it."""
    figure.suptitle("SIMULATED readers: no person gave these answers", color="#b00000", fontsize=10)


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write `folder/name.png` (200 dots an inch) and `folder/name.svg`, without dates: same figure, same bytes.

    Raises
    ------
    OutputError
        If a file cannot be written; an old one stays as it was.
    """
    written = []
    for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        path = folder / f"{name}.{kind}"
        with whole_file(path) as made, style():
            figure.savefig(made, format=kind, metadata=metadata)
        written.append(path)
    return written
