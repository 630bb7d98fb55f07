"""Subgroups in; a figure of each one's sensitivity and specificity with intervals, beside that of all cases, out."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pleura.evaluation.classification import ClassResult
from pleura.evaluation.figures.style import COLOURS, new_figure, style
from pleura.evaluation.site.subgroups import Subgroups

__all__ = ["subgroup_figure"]


def subgroup_figure(everyone: ClassResult, subgroups: Subgroups) -> Figure:
    """Draw a line a subgroup: sensitivity on the left, specificity on the right, all cases as a dotted line.

    Parameters
    ----------
    everyone : of all cases
    subgroups : one or more

    Raises
    ------
    ValueError
        If there is no subgroup.
    """
    if not subgroups.groups:
        raise ValueError("need one subgroup or more")
    names = [f"{one.column}: {one.level}" for one in subgroups.groups]
    with style():
        figure = new_figure(6.6, 0.9 + 0.24 * len(names))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, measure in zip(panels, ("sensitivity", "specificity"), strict=True):
            _panel(axes, measure, everyone, subgroups)
        panels[0].set_yticks(range(len(names)), names)
        panels[0].set_ylim(len(names) - 0.4, -0.6)
    return figure


def _panel(axes: Axes, measure: str, everyone: ClassResult, subgroups: Subgroups) -> None:
    overall = getattr(everyone, measure)
    if overall is not None:
        axes.axvspan(overall.low, overall.high, color="#dddddd", alpha=0.6, linewidth=0)
        axes.axvline(overall.value, color="#888888", linewidth=0.9, linestyle=":")
    for row, one in enumerate(subgroups.groups):
        found = getattr(one.result, measure)
        if found is None:
            continue
        differs = any(
            test.measure == measure and test.adjusted is not None and test.adjusted < 0.05 for test in one.tests
        )
        axes.plot([found.low, found.high], [row, row], color=COLOURS[1] if differs else COLOURS[0], linewidth=1.2)
        axes.plot(
            found.value,
            row,
            marker="D" if differs else "o",
            markersize=5,
            color=COLOURS[1] if differs else COLOURS[0],
            linestyle="none",
        )
        axes.text(1.03, row, f"{found.hits:.0f}/{found.total}", va="center", fontsize=7, clip_on=False)
    axes.set(xlim=(-0.02, 1.02), xlabel=measure)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
