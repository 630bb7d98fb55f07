"""A clinical result in; ROC curves of CT, clinical data and both together, as in the CoviDet paper's figure 2d, out."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pleura.evaluation.figures.style import COLOURS, new_figure, rate_axes, style
from pleura.evaluation.roc import roc_curve
from pleura.models.clinical_svm.fusion import RULES
from pleura.training.clinical.assess import ClinicalResult
from pleura.training.clinical.cross_validate import CT, fused, machine

__all__ = ["clinical_roc_figure"]

_OF_KERNEL = {"linear": COLOURS[0], "poly": COLOURS[1], "rbf": COLOURS[2]}


def clinical_roc_figure(result: ClinicalResult) -> Figure:
    """Draw a panel a rule of fusion, or one of the machines alone where there are no CT scores.

    CT in black, clinical data alone dashed, both together whole; a colour a kernel. The curves are of the mean over
    runs, with its AUC and interval.

    Parameters
    ----------
    result : of `assess_clinical`
    """
    rules = RULES if CT in result.mean else ("",)
    with style():
        figure = new_figure(4.4 * len(rules), 6.6 if CT in result.mean else 5.4)
        for index, rule in enumerate(rules):
            axes = figure.add_subplot(1, len(rules), index + 1)
            axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8, linestyle=":")
            if CT in result.mean:
                _draw(axes, result, CT, CT, "black", "-")
            for kernel in result.runs.recipe.kernels:
                _draw(axes, result, machine(kernel), machine(kernel), _OF_KERNEL[kernel], "--")
            for kernel in result.runs.recipe.kernels if rule else ():
                _draw(axes, result, fused(kernel, rule), f"CT + SVM {kernel}", _OF_KERNEL[kernel], "-")
            rate_axes(axes)
            letter = f"{chr(ord('a') + index)}  " if rule else ""
            positives, cases = int(result.positive.sum()), len(result.positive)
            title = f"fusion by {rule}" if rule else "clinical data"
            axes.set_title(f"{letter}{title} ({positives} of {cases})", loc="left")
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), fontsize=8, handlelength=2.6)
    return figure


def _draw(axes: Axes, result: ClinicalResult, name: str, label: str, colour: str, dashes: str) -> None:
    curve = roc_curve(result.positive, result.mean[name])
    axes.plot(
        1 - curve.specificity,
        curve.sensitivity,
        color=colour,
        linestyle=dashes,
        label=f"{label}, AUC {result.answer(name).auc}",
        clip_on=False,
    )
