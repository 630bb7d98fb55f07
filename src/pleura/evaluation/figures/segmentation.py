"""Compared cases in; a figure of each one's Dice over the true volume out."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullLocator

from pleura.evaluation.figures.style import COLOURS, new_figure, style
from pleura.evaluation.segmentation.cases import SegmentedCase

__all__ = ["dice_figure"]

_MARKERS = "osD^vP*"


def dice_figure(cases: Sequence[SegmentedCase]) -> Figure:
    """Draw a point a case with lesion: Dice over the true volume, which is on a logarithmic axis; a colour a label.

    Parameters
    ----------
    cases : those without lesion are left out

    Raises
    ------
    ValueError
        If no case has a lesion.
    """
    drawn = [(one.label, one.comparison.truth_ml, dice) for one in cases if (dice := one.comparison.dice) is not None]
    if not drawn:
        raise ValueError("need a case with lesion; Dice is not defined for the others")
    labels = list(dict.fromkeys(label for label, _, _ in drawn))
    with style():
        figure = new_figure(5.2, 3.6)
        axes = figure.add_subplot()
        for n, label in enumerate(labels):
            chosen = [(volume, dice) for name, volume, dice in drawn if name == label]
            axes.plot(
                [volume for volume, _ in chosen],
                [dice for _, dice in chosen],
                marker=_MARKERS[n % len(_MARKERS)],
                color=COLOURS[n % len(COLOURS)],
                markersize=4,
                alpha=0.75,
                linestyle="none",
                label=f"{label or 'cases'} ({len(chosen)})",
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set(ylim=(-0.02, 1.02), xlabel="true volume, ml", ylabel="Dice")
        axes.set_title(f"{len(drawn)} cases with lesion", loc="left")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3, fontsize=8)
    return figure
