"""Decision curves in; a figure of net benefit over thresholds, beside treating all and none, out."""

from collections.abc import Mapping
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pleura.evaluation.figures.style import COLOURS, new_figure, style
from pleura.evaluation.utility.decision_curve import DecisionCurve

__all__ = ["decision_figure"]


def decision_figure(curves: Mapping[str, DecisionCurve], *, model: str = "model") -> Figure:
    """Draw net benefit, with its pointwise interval, for each class.

    Parameters
    ----------
    curves : class -> curve, one or more
    model : what the legend calls the model

    Raises
    ------
    ValueError
        If there is no curve.
    """
    if not curves:
        raise ValueError("need one decision curve or more")
    across = min(len(curves), 2 if len(curves) == 4 else 3)
    down = ceil(len(curves) / across)
    with style():
        figure = new_figure(3.5 * across, 3.1 * down + 0.5)
        for index, (name, curve) in enumerate(curves.items()):
            axes = figure.add_subplot(down, across, index + 1)
            _curve(axes, curve, model)
            letter = f"{chr(ord('a') + index)}  " if len(curves) > 1 else ""
            name = "score" if len(curves) == 1 else name
            axes.set_title(f"{letter}{name} (prevalence {curve.prevalence:.2f})", loc="left")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4 if across > 1 else 2)
    return figure


def _curve(axes: Axes, curve: DecisionCurve, model: str) -> None:
    t = curve.thresholds
    axes.plot(t, np.zeros(len(t)), color=COLOURS[6], linewidth=1.0, linestyle="-", label="treat none")
    axes.plot(t, curve.treat_all, color=COLOURS[1], linewidth=1.2, linestyle="--", label="treat all")
    axes.fill_between(t, curve.low, curve.high, color=COLOURS[0], alpha=0.18, linewidth=0, label="interval")
    axes.plot(t, curve.model, color=COLOURS[0], label=model)
    top = max(curve.prevalence, float(np.nanmax(curve.model)))
    axes.set(xlim=(0, 1), ylim=(-0.35 * top, 1.12 * top), xlabel="threshold probability", ylabel="net benefit")
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
