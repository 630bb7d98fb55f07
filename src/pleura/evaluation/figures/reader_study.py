"""A reader study's readings and results in; figures of its points on ROC axes, and of its differences, out."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pleura.evaluation.figures.style import COLOURS, forest_axes, mark_simulated, new_figure, rate_axes, style
from pleura.evaluation.readers.contrasts import Contrast
from pleura.evaluation.readers.points import ReaderPoint
from pleura.evaluation.readers.readings import Readings
from pleura.evaluation.readers.results import StudyResult
from pleura.evaluation.roc import roc_curve

__all__ = ["MOST", "differences_figure", "points_figure"]

MOST = 20
"""Readers up to which the program's difference from each is drawn; more would not be legible."""
SHAPES = "osD^v<>P"


def points_figure(readings: Readings, result: StudyResult) -> Figure:
    """Draw each condition: readers as points by tier, tiers' means, the majority vote, and the program's curve.

    Where readers gave no calls their own ROC curves stand for the points.

    Parameters
    ----------
    readings : with the program, as evaluated
    result : of these readings
    """
    across = min(len(result.conditions), 3)
    down = -(-len(result.conditions) // across)
    with style():
        figure = new_figure(3.6 * across, 3.6 * down + 0.9)
        for index, condition in enumerate(result.conditions):
            axes = figure.add_subplot(down, across, index + 1)
            axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8, linestyle=":")
            _program(axes, readings, result)
            here = [point for point in result.points if point.condition == condition]
            for place, group in enumerate(result.tiers or ("readers",)):
                chosen = [point for point in here if not result.tiers or point.tier == group]
                _group(axes, readings, chosen, group, place)
            _means(axes, result, condition)
            rate_axes(axes)
            axes.set_title(condition, loc="left")
        handles: dict[str, Artist] = {}
        for axes in figure.axes:
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
                handles.setdefault(label, handle)
        figure.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=3)
        if result.simulated:
            mark_simulated(figure)
    return figure


def differences_figure(result: StudyResult) -> Figure:
    """Draw every difference with its interval, a panel a figure of merit: conditions, tiers, and the program.

    Conditions and the program against the mean of readers by the analysis with random readers and cases (U-statistics
    where not every reader has read under every condition), tiers by U-statistics, single readers by their own.

    Raises
    ------
    ValueError
        If the study has no difference to draw.
    """
    merits = [name for name in ("auc", "sensitivity", "specificity") if _drawn(result, name)]
    if not merits:
        raise ValueError("need two conditions, two tiers, or a program to draw differences; there are none")
    names = list(dict.fromkeys(one.name for merit in merits for one in _drawn(result, merit)))
    with style():
        figure = new_figure(2.6 + 2.9 * len(merits), 1.3 + 0.24 * len(names))
        for index, merit in enumerate(merits):
            axes = figure.add_subplot(1, len(merits), index + 1)
            _forest(axes, names, _drawn(result, merit), labels=index == 0)
            axes.set_title("AUC" if merit == "auc" else merit, loc="left")
        if result.simulated:
            mark_simulated(figure)
    return figure


def _program(axes: Axes, readings: Readings, result: StudyResult) -> None:
    if result.program is None:
        return
    program = readings.of_readers([result.program.reader])
    read = program.read[0, 0]
    curve = roc_curve(program.positive[read], program.scores[0, 0, read])
    axes.plot(1 - curve.specificity, curve.sensitivity, color="black", label=result.program.reader, clip_on=False)
    if result.program.sensitivity is not None and result.program.specificity is not None:
        axes.plot(
            1 - result.program.specificity.value,
            result.program.sensitivity.value,
            marker="s",
            markersize=7,
            markerfacecolor="white",
            color="black",
            linestyle="none",
            label=f"{result.program.reader}, as called",
            clip_on=False,
            zorder=8,
        )


def _group(axes: Axes, readings: Readings, points: Sequence[ReaderPoint], group: str, place: int) -> None:
    colour, shape = COLOURS[place % len(COLOURS)], SHAPES[place % len(SHAPES)]
    label = f"{group}, each"
    for point in points:
        if point.sensitivity is None or point.specificity is None:
            k, r = readings.conditions.index(point.condition), readings.readers.index(point.reader)
            read = readings.read[k, r]
            curve = roc_curve(readings.positive[read], readings.scores[k, r, read])
            axes.plot(1 - curve.specificity, curve.sensitivity, color=colour, linewidth=0.7, alpha=0.6, label=label)
            label = "_"
    called = [
        (1 - point.specificity.value, point.sensitivity.value)
        for point in points
        if point.sensitivity is not None and point.specificity is not None
    ]
    if called:
        x, y = np.array(called).T
        axes.scatter(x, y, marker=shape, s=14, color=colour, alpha=0.55, linewidth=0, label=label, zorder=4)


def _means(axes: Axes, result: StudyResult, condition: str) -> None:
    rates = {
        (one.group, one.mean.merit): one.mean
        for one in result.means
        if one.mean.name == condition and one.mean.analysis == "random"
    }
    for place, group in enumerate(("all readers", *result.tiers)):
        if (group, "sensitivity") not in rates or (group, "specificity") not in rates:
            continue
        everyone = place == 0
        axes.scatter(
            1 - rates[group, "specificity"].value,
            rates[group, "sensitivity"].value,
            marker="*" if everyone else SHAPES[(place - 1) % len(SHAPES)],
            s=130 if everyone else 62,
            color="#444444" if everyone else COLOURS[(place - 1) % len(COLOURS)],
            edgecolor="white",
            linewidth=0.9,
            label=f"{group}, mean",
            zorder=6,
        )
    for vote in result.votes:
        if vote.condition == condition and vote.group == "all readers":
            axes.scatter(
                1 - vote.specificity.value,
                vote.sensitivity.value,
                marker="X",
                s=62,
                color=COLOURS[4],
                edgecolor="black",
                linewidth=0.6,
                label="majority vote of all",
                clip_on=False,
                zorder=7,
            )


def _drawn(result: StudyResult, merit: str) -> list[Contrast]:
    by_model = {one.name for one in result.between_conditions if one.analysis == "random" and one.merit == merit}
    chosen = [
        one
        for one in result.between_conditions
        if one.analysis == ("random" if one.name in by_model else "u-statistics")
    ]
    chosen += result.between_tiers
    chosen += [one for one in result.against_mean if one.analysis == "random"]
    if len(result.readers) <= MOST:
        chosen += result.against_each
    return [one for one in chosen if one.merit == merit]


def _forest(axes: Axes, names: Sequence[str], rows: Sequence[Contrast], *, labels: bool) -> None:
    axes.axvline(0, color="#999999", linewidth=0.8)
    for row in rows:
        place = len(names) - 1 - names.index(row.name)
        single = row.analysis == "one reader"
        colour = "#666666" if single else COLOURS[0]
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [place, place], color=colour, linewidth=1.1 if single else 1.8)
        axes.plot(row.value, place, marker="o" if single else "D", markersize=4 if single else 5.5, color=colour)
    forest_axes(axes, names, labels=labels)
    axes.set_xlabel("difference")
