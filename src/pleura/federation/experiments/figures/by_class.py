"""Answers of several arms, a table a seed, in; a figure with a panel of ROC curves a class, or a question, out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pleura.evaluation.figures.style import COLOURS, new_figure, rate_axes, style
from pleura.evaluation.intervals.runs import over_runs
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.roc import auc, weighted_roc

__all__ = ["RocPanel", "mean_roc", "roc_by_class", "roc_panels"]

Floats = npt.NDArray[np.float64]
_GRID = np.linspace(0, 1, 201)
FEWEST = 3
"""Seeds below which each is drawn, and no interval: Student's of two is wider than the figure."""
_LOUD = {"pooled": ("#000000", "-"), "federated": (COLOURS[1], "-")}


@dataclass(frozen=True, eq=False)
class RocPanel:
    """One pair of axes."""

    title: str
    answers: Mapping[str, Sequence[Predictions]]
    """Arm -> answers, one a seed, on the same cases; with cases on both sides of the class."""
    k: int
    """Index of the class that is held against the rest."""


def roc_by_class(answers: Mapping[str, Sequence[Predictions]], *, title: str) -> Figure:
    """Draw each class against the rest, a curve an arm, as `roc_panels`.

    After figure 4 e to h of the UCADI paper: pooled in black, federated in colour, each hospital alone thin. A class
    without cases on both sides has no panel.

    Parameters
    ----------
    answers : arm -> answers, one a seed, on the same cases
    title : stands above all

    Raises
    ------
    ValueError
        If no class has cases on both sides.
    """
    first = next(iter(answers.values()))[0]
    drawn = [k for k in range(len(first.classes)) if 0 < int((first.truth == k).sum()) < len(first.truth)]
    if not drawn:
        raise ValueError("need a class with cases on both sides to draw a curve")
    panels = [
        RocPanel(f"{first.classes[k]} ({int((first.truth == k).sum())} of {len(first.truth)})", answers, k)
        for k in drawn
    ]
    return roc_panels(panels, title=title, across=2 if len(drawn) > 1 else 1)


def roc_panels(panels: Sequence[RocPanel], *, title: str, across: int) -> Figure:
    """Draw a curve an arm in each panel: the mean over seeds, and a band of its interval over three seeds or more.

    Pooled is black, federated in colour, all other arms thin.

    Parameters
    ----------
    panels : one or more
    title : stands above all
    across : panels side by side
    """
    down = ceil(len(panels) / across)
    with style():
        figure = new_figure(4.3 * across, 4.2 * down + 0.4)
        figure.suptitle(title, fontsize=10)
        for place, panel in enumerate(panels):
            axes = figure.add_subplot(down, across, place + 1)
            axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8, linestyle=":")
            quiet = iter((COLOURS[0], COLOURS[3], COLOURS[2], COLOURS[6], COLOURS[5]) * len(panel.answers))
            for name, seeds in panel.answers.items():
                colour, dashes = _LOUD.get(name) or (next(quiet), "--")
                _draw(axes, name, seeds, panel.k, colour, dashes)
            letter = f"{chr(ord('a') + place)}  " if len(panels) > 1 else ""
            axes.set_title(letter + panel.title, loc="left")
            rate_axes(axes)
            runs = len(next(iter(panel.answers.values())))
            said = "arm, AUC" + (" (95 % over seeds)" if runs >= FEWEST else " (of each seed)" if runs > 1 else "")
            axes.legend(loc="lower right", fontsize=7, title=said, title_fontsize=7)
    return figure


def mean_roc(answers: Sequence[Predictions], k: int) -> tuple[Floats, Floats, Floats]:
    """Average ROC curves of several seeds over a grid of false positive rates.

    Parameters
    ----------
    answers : one a seed
    k : index of the class that is held against the rest

    Returns
    -------
    mean, low, high : sensitivity at 201 rates from 0 to 1; low and high are the ends of Student's interval over seeds,
        within 0 and 1, and equal to the mean for a single seed.
    """
    curves = np.stack([_on_grid(one, k) for one in answers])
    runs = [over_runs(column.tolist()) for column in curves.T]
    mean = curves.mean(axis=0)
    low = np.array([m if one.low is None else one.low for one, m in zip(runs, mean.tolist(), strict=True)])
    high = np.array([m if one.high is None else one.high for one, m in zip(runs, mean.tolist(), strict=True)])
    return mean, np.clip(low, 0, 1), np.clip(high, 0, 1)


def _on_grid(answers: Predictions, k: int) -> Floats:
    """Give the highest sensitivity at each rate of the grid or below; nothing is interpolated."""
    ones = np.ones((1, len(answers.truth)))
    sensitivity, false = weighted_roc(answers.truth == k, answers.scores[:, k], ones)
    at = np.searchsorted(false[0], _GRID + 1e-12, side="right") - 1
    return np.asarray(np.maximum.accumulate(sensitivity[0])[np.maximum(at, 0)])


def _draw(axes: Axes, name: str, answers: Sequence[Predictions], k: int, colour: str, dashes: str) -> None:
    mean, low, high = mean_roc(answers, k)
    areas = [auc(one.truth == k, one.scores[:, k]) for one in answers]
    area, loud = over_runs(areas), name in _LOUD
    about = ""
    if len(answers) >= FEWEST:
        assert area.low is not None
        assert area.high is not None
        about = f" ({max(area.low, 0):.2f} to {min(area.high, 1):.2f})"
        if loud:
            axes.fill_between(_GRID, low, high, color=colour, alpha=0.15, linewidth=0)
    elif len(answers) > 1:
        about = f" ({', '.join(f'{one:.2f}' for one in areas)})"
        for one in answers if loud else ():
            axes.plot(_GRID, _on_grid(one, k), color=colour, linewidth=0.7, alpha=0.45)
    width = 1.8 if loud else 0.9
    axes.plot(_GRID, mean, color=colour, linestyle=dashes, linewidth=width, label=f"{name}, {area.mean:.2f}{about}")
