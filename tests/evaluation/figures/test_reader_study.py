"""Figures of reader studies: what is drawn of whom, and the mark of simulation."""

from dataclasses import replace

import numpy as np
import pytest

from pleura.evaluation.figures.reader_study import differences_figure, points_figure
from pleura.evaluation.readers.results import StudySettings, evaluate_readings
from pleura.evaluation.readers.tier_study import covidet_tiers, simulate_study

STUDY = replace(covidet_tiers(), readers=(2, 2, 2), positives=15, negatives=15)


def test_points_and_differences() -> None:
    drawn = replace(simulate_study(STUDY, seed=1), seconds=None)
    result = evaluate_readings(drawn, StudySettings(program="SIMULATED DL2"))
    figure = points_figure(drawn, result)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["CT", "CT and clinical data"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(labels) == len(set(labels)) == 2 + 3 + 4 + 1  # the program, tiers, means, the vote
    assert "SIMULATED" in figure.get_suptitle()
    forest = differences_figure(result)
    assert [axes.get_title(loc="left") for axes in forest.axes] == ["AUC", "sensitivity", "specificity"]
    names = [text.get_text() for text in forest.axes[0].get_yticklabels()]
    assert len(names) == 1 + 6 + 2 + 12
    drawn_at = {line.get_ydata()[0]: line.get_xdata()[0] for line in forest.axes[1].lines if len(line.get_xdata()) == 1}
    wanted = next(one for one in result.against_mean if one.merit == "sensitivity" and one.analysis == "random")
    assert drawn_at[len(names) - 1 - names.index(wanted.name)] == pytest.approx(wanted.value)


def test_readers_without_calls_have_curves_and_one_condition_has_no_differences() -> None:
    drawn = simulate_study(STUDY, seed=1)
    people = replace(drawn.of_readers(drawn.readers[:4]), calls=None, seconds=None, tiers=None, simulated=False)
    one = replace(people, conditions=("CT",), scores=people.scores[:1])
    result = evaluate_readings(one)
    figure = points_figure(one, result)
    curves = [line for line in figure.axes[0].lines if len(np.asarray(line.get_xdata())) > 2]
    assert len(curves) == 4
    assert figure.get_suptitle() == ""
    with pytest.raises(ValueError, match="no"):
        differences_figure(result)
