"""Pixels of each case, found and there, by arm in; a figure of Dice and of the diseased share of the lungs out."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from pleura.evaluation.figures.style import COLOURS, new_figure, style
from pleura.federation.experiments.lesion_cases import LesionCases

__all__ = ["agreement_figure"]

_LOUD = {"pooled": "#000000", "federated": COLOURS[1]}
_MARKS = ("o", "s", "^", "D", "v", "P", "X")


def agreement_figure(done: Mapping[str, Sequence[LesionCases]], *, title: str) -> Figure:
    """Draw each case's Dice, pooled across and federated up, then for each arm the share found over the share there.

    Parameters
    ----------
    done : "pooled" and "federated" -> pixels of the same cases, one a seed; means over the seeds are drawn
    title : stands above all
    """
    with style():
        figure = new_figure(12.6, 4.4)
        figure.suptitle(title, fontsize=10)
        dice, *shares = (figure.add_subplot(1, 3, place) for place in (1, 2, 3))
        first = done["pooled"][0]
        having = first.there > 0
        own = {way: np.mean([_dice(one) for one in runs], axis=0) for way, runs in done.items()}
        for number, name in enumerate(sorted(set(first.hospitals))):
            here = having & np.array([one == name for one in first.hospitals])
            if here.any():
                dice.plot(
                    own["pooled"][here],
                    own["federated"][here],
                    linestyle="none",
                    marker=_MARKS[number % len(_MARKS)],
                    markersize=4,
                    alpha=0.7,
                    color=COLOURS[number % len(COLOURS)],
                    label=f"{name} ({int(here.sum())})",
                )
        dice.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8, linestyle=":")
        dice.set(xlim=(0, 1), ylim=(0, 1), xlabel="Dice, pooled", ylabel="Dice, federated")
        dice.set_title("a  Dice of each case with lesions", loc="left")
        dice.legend(loc="upper left", fontsize=7)
        for letter, axes, (way, runs) in zip("bc", shares, done.items(), strict=True):
            there = 100 * first.there / np.maximum(first.lungs, 1)
            found = 100 * np.mean([one.found / np.maximum(one.lungs, 1) for one in runs], axis=0)
            most = 1.05 * float(max(there.max(), found.max(), 1.0))
            axes.plot([0, most], [0, most], color="#bbbbbb", linewidth=0.8, linestyle=":")
            axes.plot(there, found, linestyle="none", marker="o", markersize=3.5, alpha=0.6, color=_LOUD[way])
            axes.set(xlim=(0, most), ylim=(0, most), xlabel="of the lungs diseased, %", ylabel="found, %")
            axes.set_title(f"{letter}  {way}: share of the lungs", loc="left")
    return figure


def _dice(one: LesionCases) -> npt.NDArray[np.float64]:
    return np.asarray(2 * one.shared / np.maximum(one.found + one.there, 1))
