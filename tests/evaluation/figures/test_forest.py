import numpy as np

from pleura.evaluation.accuracy import evaluate_predictions
from pleura.evaluation.figures.forest import forest_figure
from pleura.evaluation.predictions import Predictions


def test_every_hospital_has_its_line_with_its_interval() -> None:
    rng = np.random.default_rng(2)
    truth = np.arange(60) % 2
    scores = rng.random((60, 2)) + np.eye(2)[truth]
    predictions = Predictions(
        classes=("ill", "well"),
        cases=tuple(map(str, range(60))),
        truth=truth,
        scores=scores,
        hospitals=tuple("north" if n < 40 else "south" for n in range(60)),
    )
    report = evaluate_predictions(predictions)
    panels = forest_figure(report).axes
    assert [axes.get_title(loc="left") for axes in panels] == ["accuracy", "sensitivity, ill", "sensitivity, well"]
    assert [label.get_text() for label in panels[0].get_yticklabels()] == ["north", "south", "all"]
    bars = [line.get_xdata() for line in panels[0].lines if len(line.get_xdata()) == 2][:3]
    expected = [report.overall.accuracy, report.by_hospital["south"].accuracy, report.by_hospital["north"].accuracy]
    assert [tuple(bar) for bar in bars] == [(one.low, one.high) for one in expected]
