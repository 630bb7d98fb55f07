"""A confusion matrix in, a figure with counts and row shares out."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from pleura.evaluation.figures.style import new_figure, style

__all__ = ["confusion_figure"]


def confusion_figure(confusion: npt.NDArray[np.int64], classes: Sequence[str]) -> Figure:
    """Draw truth by rows and answers by columns, shaded by the share of the row, with counts and shares as text.

    Parameters
    ----------
    confusion : (classes, classes)
    classes : names, in order

    Raises
    ------
    ValueError
        If the matrix is not square of that size.
    """
    size = len(classes)
    if confusion.shape != (size, size):
        raise ValueError(f"need a matrix ({size}, {size}), got {confusion.shape}")
    totals = confusion.sum(axis=1, keepdims=True)
    share = confusion / np.where(totals > 0, totals, 1)
    with style():
        figure = new_figure(1.6 + 0.95 * size, 1.3 + 0.85 * size)
        axes = figure.add_subplot()
        axes.pcolormesh(share, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=1)
        axes.set_aspect("equal")
        axes.invert_yaxis()
        for row in range(size):
            for column in range(size):
                axes.text(
                    column + 0.5,
                    row + 0.5,
                    f"{confusion[row, column]}\n{share[row, column]:.0%}" if totals[row, 0] else "0",
                    ha="center",
                    va="center",
                    color="white" if share[row, column] > 0.62 else "black",
                )
        centres = np.arange(size) + 0.5
        axes.set_xticks(centres, classes, rotation=30, ha="right", rotation_mode="anchor")
        labels = [f"{name} ({total})" for name, total in zip(classes, totals[:, 0], strict=True)]
        axes.set_yticks(centres, labels)
        axes.set(xlabel="answer", ylabel="truth (cases)")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure
