"""Two measurements of the same patients in; a Bland-Altman plot with the limits of agreement out."""

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from pleura.evaluation.agreement.limits import Agreement
from pleura.evaluation.figures.style import COLOURS, new_figure, style
from pleura.evaluation.intervals.estimate import Estimate

__all__ = ["bland_altman_figure"]


def bland_altman_figure(
    first: npt.ArrayLike, second: npt.ArrayLike, result: Agreement, *, names: tuple[str, str], unit: str = ""
) -> Figure:
    """Draw each patient's difference over the mean, the bias and both limits with their intervals as bands.

    Parameters
    ----------
    first, second, result : what was compared, and what came of it
    names, unit : of the two measurements
    """
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    in_unit = f", {unit}" if unit else ""
    with style():
        figure = new_figure(5.2, 4.4)
        axes = figure.add_subplot()
        axes.axhline(0, color="#999999", linewidth=0.8)
        axes.scatter((one + other) / 2, one - other, s=14, color="black", alpha=0.6, linewidth=0, zorder=3)
        lines: tuple[tuple[str, Estimate, str, str], ...] = (
            ("upper limit", result.upper, COLOURS[1], "--"),
            ("bias", result.bias, COLOURS[0], "-"),
            ("lower limit", result.lower, COLOURS[1], "--"),
        )
        for name, value, colour, dashes in lines:
            axes.axhline(value.value, color=colour, linestyle=dashes, label=f"{name} {value}")
            if value.low is not None and value.high is not None:
                axes.axhspan(value.low, value.high, color=colour, alpha=0.12, linewidth=0)
        axes.set_xlabel(f"mean of {names[0]} and {names[1]}{in_unit}")
        axes.set_ylabel(f"{names[0]} less {names[1]}{in_unit}")
        axes.set_title(f"{result.pairs} patients", loc="left")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), fontsize=8)
    return figure
