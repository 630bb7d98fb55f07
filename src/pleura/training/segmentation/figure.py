"""A run's history in, the curve of Dice by epoch, as in the CoviDet paper's figure 3d, out."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from pleura.evaluation.figures.style import COLOURS, new_figure, style

__all__ = ["dice_figure"]


def dice_figure(histories: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """Draw the validation Dice of one run, with that of the training batches, or of several, one line each.

    Parameters
    ----------
    histories : name of a run -> rows of its log, with `epoch`, `train_dice` and, where it was scored, `validation_dice`
    """
    with style():
        figure = new_figure(5.2, 3.6)
        axes = figure.add_subplot()
        for number, (name, rows) in enumerate(histories.items()):
            scored = [row for row in rows if "validation_dice" in row]
            axes.plot(
                [row["epoch"] for row in scored],
                [row["validation_dice"] for row in scored],
                color=COLOURS[number % len(COLOURS)],
                linestyle=("-", "--", ":", "-.")[number // len(COLOURS) % 4],
                marker="o",
                markersize=3,
                label=name if len(histories) > 1 else "validation cases",
            )
        if len(histories) == 1:
            rows = next(iter(histories.values()))
            axes.plot(
                [row["epoch"] for row in rows],
                [row["train_dice"] for row in rows],
                color=COLOURS[6],
                linestyle="--",
                label="training batches",
            )
        axes.set(xlabel="epoch", ylabel="Dice", ylim=(0, 1))
        axes.legend(loc="lower right", fontsize=8)
    return figure
