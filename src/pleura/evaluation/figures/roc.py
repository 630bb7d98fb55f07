"""Scores, results and readers in; a figure with one ROC curve a class, and the readers' points, out."""

from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pleura.evaluation.classification import ClassResult, Result
from pleura.evaluation.figures.style import COLOURS, mark_simulated, new_figure, rate_axes, style
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.readers.study import ClassReading, ReaderStudy
from pleura.evaluation.roc import roc_curve

__all__ = ["roc_figure"]


def roc_figure(
    predictions: Predictions, result: Result, study: ReaderStudy | None = None, *, model: str = "model"
) -> Figure:
    """Draw each class against the rest: the model's curve and operating point, each reader, their mean and their vote.

    After figure 4 of the UCADI paper: the curve in black, a red cross a reader, a blue mark for their mean. A class
    without cases on both sides has no panel.

    Parameters
    ----------
    predictions : the cases that curves are drawn of
    result : the results on the same cases
    study : readers on the same cases
    model : what the legend calls the model

    Raises
    ------
    ValueError
        If no class has cases on both sides, or results or readers are of another number of cases.
    """
    counts = {len(predictions.cases), result.cases, *({study.cases} if study else ())}
    if len(counts) > 1:
        raise ValueError(f"need curve, results and readers on the same cases, got {sorted(counts)} cases")
    drawn = [one for one in result.classes if one.auc is not None]
    if not drawn:
        raise ValueError("need a class with cases on both sides to draw a curve")
    across = min(len(drawn), 2 if len(drawn) == 4 else 3)
    down = ceil(len(drawn) / across)
    with style():
        figure = new_figure(3.3 * across, 3.4 * down + 0.7)
        readings = {one.name: one for one in study.classes} if study else {}
        for index, one in enumerate(drawn):
            axes = figure.add_subplot(down, across, index + 1)
            _curve(axes, predictions, one, model)
            if one.name in readings:
                _readers(axes, readings[one.name])
            letter = f"{chr(ord('a') + index)}  " if len(drawn) > 1 else ""
            name = "score" if predictions.binary else one.name
            axes.set_title(f"{letter}{name} ({one.positives} of {one.positives + one.negatives})", loc="left")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
        if study is not None and study.simulated:
            mark_simulated(figure)
    return figure


def _curve(axes: Axes, predictions: Predictions, one: ClassResult, model: str) -> None:
    k = predictions.classes.index(one.name)
    curve = roc_curve(predictions.truth == k, predictions.scores[:, k])
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8, linestyle=":")
    axes.plot(1 - curve.specificity, curve.sensitivity, color="black", label=f"{model}, ROC", clip_on=False)
    if one.sensitivity is not None and one.specificity is not None:
        axes.plot(
            1 - one.specificity.value,
            one.sensitivity.value,
            marker="s",
            markersize=6,
            markerfacecolor="white",
            color="black",
            linestyle="none",
            label=f"{model}, as called",
            clip_on=False,
            zorder=4,
        )
    assert one.auc is not None
    ends = "" if one.auc.low is None else f"\n({one.auc.low:.2f} to {one.auc.high:.2f})"
    axes.text(0.98, 0.04, f"AUC {one.auc.value:.2f}{ends}", ha="right", va="bottom", transform=axes.transAxes)
    rate_axes(axes)


def _readers(axes: Axes, reading: ClassReading) -> None:
    across = [1 - one.specificity.value for one in reading.readers]
    up = [one.sensitivity.value for one in reading.readers]
    axes.scatter(across, up, marker="x", s=38, color="#c00000", label="a reader", zorder=7)
    axes.scatter(
        1 - reading.mean.specificity.value,
        reading.mean.sensitivity.value,
        marker="o",
        s=48,
        color=COLOURS[0],
        edgecolor="white",
        label="readers' mean",
        zorder=6,
    )
    axes.scatter(
        1 - reading.vote.specificity.value,
        reading.vote.sensitivity.value,
        marker="^",
        s=52,
        color=COLOURS[4],
        edgecolor="black",
        linewidth=0.6,
        label="majority vote",
        zorder=6,
    )
