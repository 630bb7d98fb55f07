"""A drift report in; a figure of the probabilities before and now, the running sums, and the evidence out."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pleura.evaluation.drift.watch import DriftReport, RunningSum
from pleura.evaluation.figures.style import COLOURS, new_figure, style

__all__ = ["drift_figure"]


def drift_figure(report: DriftReport) -> Figure:
    """Draw a panel for the probabilities, one a watched share, and one for the truths where some are known."""
    count = 1 + len(report.sums) + bool(report.truths)
    down = -(-count // 2)
    with style():
        figure = new_figure(7.2, 2.9 * down)
        panels = [figure.add_subplot(down, 2, index + 1) for index in range(count)]
        _distributions(panels[0], report)
        for axes, one in zip(panels[1:], report.sums, strict=False):
            _sums(axes, one)
        if report.truths:
            _evidence(panels[-1], report)
        for axes, letter in zip(panels, "abcd", strict=False):
            axes.set_title(f"{letter}  {axes.get_title(loc='left')}", loc="left")
    return figure


def _distributions(axes: Axes, report: DriftReport) -> None:
    sides = (("reference", report.reference, COLOURS[6], "--"), ("later", report.later, COLOURS[0], "-"))
    for name, cases, colour, dashes in sides:
        values = np.sort(cases.probability)
        share = np.arange(1, len(values) + 1) / len(values)
        label = f"{name} ({len(values)})"
        axes.step(np.r_[0, values, 1], np.r_[0, share, 1], where="post", color=colour, linestyle=dashes, label=label)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="probability", ylabel="share of cases up to it")
    axes.set_title("probabilities", loc="left")
    axes.legend(loc="lower right", fontsize=8)


def _sums(axes: Axes, one: RunningSum) -> None:
    place = np.arange(1, len(one.up) + 1)
    axes.plot(place, one.up, color=COLOURS[0], label="more")
    axes.plot(place, one.down, color=COLOURS[4], linestyle="-.", label="fewer")
    axes.axhline(one.limit, color=COLOURS[1], linestyle="--", label="alarm above")
    top = max(one.limit, float(one.up.max()), float(one.down.max()), 1.0)
    axes.set(xlim=(0, len(place) + 1), ylim=(0, 1.3 * top), xlabel="later patients", ylabel="running sum, cases")
    axes.set_title(one.of, loc="left")
    axes.legend(loc="upper left", fontsize=7.5, ncols=3, handlelength=1.4, columnspacing=1.0)


def _evidence(axes: Axes, report: DriftReport) -> None:
    least, most = 0.05, 2 * report.truths[0].alarm_from
    for one, colour, dashes in zip(report.truths, (COLOURS[0], COLOURS[4]), ("-", "-."), strict=False):
        place = np.arange(1, len(one.evidence) + 1)
        label = f"{one.measure} below {one.promised:g}"
        axes.plot(place, np.maximum(one.evidence, least), color=colour, linestyle=dashes, label=label)
        most = max(most, float(one.evidence.max()))
    axes.axhline(report.truths[0].alarm_from, color=COLOURS[1], linestyle="--", label="alarm from")
    axes.set(
        yscale="log", ylim=(least, 60 * most), xlim=(0, None), xlabel="later patients of the kind", ylabel="evidence"
    )
    axes.set_title("truths", loc="left")
    axes.legend(loc="best", fontsize=7.5, handlelength=1.6)
