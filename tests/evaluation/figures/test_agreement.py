import numpy as np

from pleura.evaluation.agreement.limits import limits_of_agreement
from pleura.evaluation.figures.agreement import bland_altman_figure


def test_points_lie_at_mean_and_difference_and_lines_at_the_limits() -> None:
    first, second = np.array([3.0, 5, 10]), np.array([2.0, 6, 7])
    result = limits_of_agreement(first, second)
    (axes,) = bland_altman_figure(first, second, result, names=("program", "reader"), unit="ml").axes
    assert axes.collections[0].get_offsets().tolist() == [[2.5, 1], [5.5, -1], [8.5, 3]]
    heights = [line.get_ydata()[0] for line in axes.lines]
    assert heights == [0, result.upper.value, result.bias.value, result.lower.value]
    assert axes.get_ylabel() == "program less reader, ml"
