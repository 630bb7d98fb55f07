"""Costs by protection in; a figure of bytes, seconds and weight differences out."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from pleura.evaluation.figures.style import COLOURS, new_figure, style

__all__ = ["costs_figure"]

_HATCHES = ("", "//", "..")


def costs_figure(costs: Mapping[str, Mapping[str, float]], *, hospitals: int) -> Figure:
    """Draw bars a protection: MB a round and hospital, seconds a round by part, and largest differences of a weight.

    Parameters
    ----------
    costs : protection -> "MB", "protect", "add", "open", "unrounded first", "unrounded last"
    hospitals : how many together need the seconds
    """
    names = list(costs)
    at = np.arange(len(names))
    with style():
        figure = new_figure(12.6, 4.2)
        size, time, weights = (figure.add_subplot(1, 3, place) for place in (1, 2, 3))
        megabytes = [costs[name]["MB"] for name in names]
        size.barh(at, megabytes, color=COLOURS[0])
        for place, value in enumerate(megabytes):
            size.text(value, place, f" {value:.3g}", va="center")
        size.set_title("a  bytes", loc="left")
        size.set(xlabel="MB a round and hospital, both ways", xlim=(0, 1.18 * max(megabytes)))
        start = np.zeros(len(names))
        for number, (part, label) in enumerate(
            (("protect", "protect (hospitals)"), ("add", "add (server)"), ("open", "open (hospitals)"))
        ):
            seconds = np.array([costs[name][part] for name in names])
            time.barh(at, seconds, left=start, color=COLOURS[number], hatch=_HATCHES[number], label=label)
            start += seconds
        time.set_title("b  seconds", loc="left")
        time.set(xlabel=f"s a round (median), {hospitals} hospitals on one machine")
        time.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, fontsize=7)
        for when, mark, number in (("first", "o", 0), ("last", "s", 1)):
            differences = [costs[name][f"unrounded {when}"] for name in names]
            weights.plot(differences, at, marker=mark, linestyle="none", color=COLOURS[number], label=f"{when} round")
        weights.set_title("c  largest difference of a weight", loc="left")
        weights.set(xlabel="from a federation with nothing rounded", xscale="log")
        weights.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, fontsize=7)
        for axes in (size, time, weights):
            axes.set_yticks(at, names if axes is size else [""] * len(names))
            axes.invert_yaxis()
    return figure
