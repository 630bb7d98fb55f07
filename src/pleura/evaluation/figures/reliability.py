"""A model card's table of reliability in; a figure of how often the model is right over how sure it is out."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from pleura.evaluation.figures.style import COLOURS, new_figure, style

__all__ = ["reliability_figure"]


def reliability_figure(table: Mapping[str, Sequence[float]], title: str) -> Figure:
    """Draw the share of cases where the most probable class is the right one over that class's probability.

    Right probabilities lie on the dotted diagonal. The points' areas go by the number of cases in the bin.

    Parameters
    ----------
    table : of a card's `metrics.reliability`: `probability`, `right`, `right_low`, `right_high` and `cases`, a number
        each for every bin
    title : written above

    Raises
    ------
    ValueError
        If a column is missing, or the columns are of different lengths.
    """
    names = ("probability", "right", "right_low", "right_high", "cases")
    if set(names) - set(table) or len({len(table[name]) for name in names}) != 1:
        raise ValueError(f"need columns {', '.join(names)} of one length, got {', '.join(table)}")
    said, seen, low, high, cases = (np.asarray(table[name], dtype=np.float64) for name in names)
    with style():
        figure = new_figure(4.2, 4.6)
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color="#888888", linewidth=0.8, linestyle=":", label="right probabilities")
        axes.errorbar(
            said, seen, yerr=np.abs(np.stack([low, high]) - seen), color=COLOURS[0], elinewidth=0.9, capsize=2,
            linewidth=1.2, label="share right, with 95 % interval",
        )  # fmt: skip
        axes.scatter(said, seen, s=60 * cases / cases.max(), color=COLOURS[0], zorder=3)
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02), aspect="equal", title=title)
        axes.set(xlabel="probability of the most probable class", ylabel="share of cases where it is right")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
