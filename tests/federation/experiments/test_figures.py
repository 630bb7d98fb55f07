"""Curves averaged over seeds by hand; figures with a panel for what there is, and none for what there is not."""

from pathlib import Path

import numpy as np
import pytest

from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.repeated.runs import spreads, tables
from pleura.federation.experiments.figures.by_class import mean_roc, roc_by_class
from pleura.federation.experiments.figures.costs import costs_figure
from pleura.federation.experiments.figures.lines import Line, Panel, lines_figure


def answers(scores: list[float]) -> Predictions:
    """Two cases of class b, then two of class a; the score is for b. No case of class c."""
    p = np.array(scores)
    return Predictions(
        classes=("a", "b", "c"),
        cases=("1", "2", "3", "4"),
        truth=np.array([1, 1, 0, 0]),
        scores=np.stack([1 - p, p, 0 * p], axis=1),
        patients=("1", "2", "3", "4"),
        hospitals=("h",) * 4,
    )


def test_curves_are_averaged_at_each_false_positive_rate() -> None:
    perfect, half = answers([0.9, 0.8, 0.2, 0.1]), answers([0.9, 0.2, 0.8, 0.1])
    mean, low, high = mean_roc([perfect, half], 1)
    assert mean.shape == (201,)
    # the second finds one of two before its first false alarm, and both before its second
    np.testing.assert_allclose(mean[[0, 99, 100, 199, 200]], [0.75, 0.75, 1, 1, 1])
    assert (low[:100] == 0).all()  # two seeds that differ by a half: Student's interval is wider than 0 to 1
    assert (high == 1).all()
    single, low, high = mean_roc([half], 1)
    np.testing.assert_array_equal(low, single)
    np.testing.assert_array_equal(high, single)
    np.testing.assert_allclose(single[[0, 99, 100]], [0.5, 0.5, 1])


def test_a_class_without_cases_has_no_panel() -> None:
    one = answers([0.9, 0.2, 0.8, 0.1])
    figure = roc_by_class({"pooled": [one], "federated": [one], "alone h": [one]}, title="four cases")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["a  a (2 of 4)", "b  b (2 of 4)"]
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["pooled, 0.75", "federated, 0.75", "alone h, 0.75"]
    with pytest.raises(ValueError, match="need a class with cases on both sides"):
        roc_by_class({"pooled": [one.of(one.truth == 1)]}, title="")


def test_lines_stand_where_the_means_are(tmp_path: Path) -> None:
    seeds = [answers([0.9, 0.8, 0.2, 0.1]), answers([0.9, 0.2, 0.8, 0.1])]
    spread = spreads(tables(seeds)["all hospitals"])["accuracy"]
    line = Line("all four", [2.0, 20.0], [spread, spread], ["E = 10", "E = 1"])
    panels = [Panel("one", "MB", "share", [line], logarithmic=True), Panel("two", "round", "share", [line, line])]
    figure = lines_figure(panels, title="two panels")
    drawn = figure.axes[0].get_lines()[0]
    np.testing.assert_allclose(drawn.get_ydata(), [0.75, 0.75])
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["2", "20"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["E = 10", "E = 1"]
    whiskers = figure.axes[0].get_lines()[1].get_ydata()
    np.testing.assert_allclose(whiskers, [0, 1])  # cut to what a share can be
    assert save_figure(figure, tmp_path, "figure")[0].stat().st_size > 5000


def test_bars_of_costs_are_as_long_as_the_costs() -> None:
    cost = {"MB": 2.0, "protect": 0.25, "add": 0.5, "open": 1.0, "unrounded first": 1e-6, "unrounded last": 1e-4}
    figure = costs_figure({"plain": {**cost, "MB": 1.0}, "ring": cost}, hospitals=3)
    size, time, weights = figure.axes
    assert [bar.get_width() for bar in size.patches] == [1, 2]
    assert [(bar.get_x(), bar.get_width()) for bar in time.patches[1::2]] == [(0, 0.25), (0.25, 0.5), (0.75, 1)]
    np.testing.assert_allclose(weights.get_lines()[1].get_xdata(), [1e-4, 1e-4])


@pytest.mark.parametrize(
    ("seeds", "bands", "said"), [(2, 0, "pooled, 0.75 (0.75, 0.75)"), (3, 1, "pooled, 0.75 (0.75 to 0.75)")]
)
def test_two_seeds_are_drawn_and_three_have_an_interval(seeds: int, bands: int, said: str) -> None:
    figure = roc_by_class({"pooled": [answers([0.9, 0.2, 0.8, 0.1])] * seeds}, title="")
    axes = figure.axes[1]
    assert len(axes.collections) == bands
    assert len(axes.lines) == 2 + (seeds if not bands else 0)
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_texts()[0].get_text() == said
