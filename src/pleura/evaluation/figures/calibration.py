"""A calibration report in; a figure with one reliability curve a class, over the probabilities that were said, out."""

from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pleura.evaluation.calibration.assess import CalibrationReport, ClassCalibration
from pleura.evaluation.figures.style import COLOURS, new_figure, style

__all__ = ["calibration_figure"]


def calibration_figure(report: CalibrationReport) -> Figure:
    """Draw the share of cases with the condition over the probability that was said, bin by bin, with intervals.

    Right probabilities lie on the dotted diagonal. The bars below go from the lowest to the highest probability of each
    bin; all bins have about equally many cases.

    Parameters
    ----------
    report : one class or more
    """
    across = min(len(report.classes), 2 if len(report.classes) == 4 else 3)
    down = ceil(len(report.classes) / across)
    with style():
        figure = new_figure(3.3 * across, 3.6 * down + 0.5)
        for index, one in enumerate(report.classes):
            axes = figure.add_subplot(down, across, index + 1)
            _curve(axes, one)
            letter = f"{chr(ord('a') + index)}  " if len(report.classes) > 1 else ""
            name = "score" if len(report.classes) == 1 else one.name
            axes.set_title(f"{letter}{name} ({one.positives} of {report.cases})", loc="left")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3 if across > 1 else 1)
    return figure


def _curve(axes: Axes, one: ClassCalibration) -> None:
    said = np.array([part.mean for part in one.bins])
    seen = np.array([part.observed.value for part in one.bins])
    ends = np.array([[part.observed.low, part.observed.high] for part in one.bins]).T
    axes.plot([0, 1], [0, 1], color="#888888", linewidth=0.8, linestyle=":", label="right probabilities")
    lowest = np.array([part.lowest for part in one.bins])
    widths = np.maximum([part.highest - part.lowest for part in one.bins], 0.006)
    axes.bar(
        lowest, 0.12, widths, bottom=-0.16, align="edge", color="#bbbbbb", edgecolor="white",
        linewidth=0.4, label="extent of a bin",
    )  # fmt: skip
    axes.errorbar(
        said,
        seen,
        yerr=np.abs(ends - seen),
        color=COLOURS[0],
        marker="o",
        markersize=4.5,
        linewidth=1.2,
        elinewidth=0.9,
        capsize=2,
        label="observed share, with interval",
    )
    lines = [f"ECE {one.error.expected:.3f} (by chance {one.error.by_chance:.3f})"]
    if one.slope is not None:
        lines = [f"slope {_short(one.slope.slope)}", f"intercept {_short(one.slope.intercept)}", *lines]
    axes.text(0.02, 0.985, "\n".join(lines), ha="left", va="top", transform=axes.transAxes, fontsize=7.5)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.17, 1.25), xlabel="probability said", ylabel="share with the condition")
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.spines["left"].set_bounds(0, 1)


def _short(found: object) -> str:
    """Write an estimate with two digits."""
    value, low, high = (getattr(found, name) for name in ("value", "low", "high"))
    return f"{value:.2f}" if low is None else f"{value:.2f} ({low:.2f} to {high:.2f})"
