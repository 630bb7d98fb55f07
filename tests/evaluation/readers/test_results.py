"""A whole reader study: what is in it, what is left out and said."""

from dataclasses import replace

import numpy as np
import pytest

from pleura.errors import CohortError, RecipeError
from pleura.evaluation.readers.readings import Readings
from pleura.evaluation.readers.results import StudySettings, evaluate_readings
from pleura.evaluation.readers.tier_study import covidet_tiers, simulate_study


@pytest.fixture(scope="module")
def drawn() -> Readings:
    """Seven simulated readers in three tiers, two conditions, 40 cases, and a program."""
    return simulate_study(replace(covidet_tiers(), readers=(3, 2, 2), positives=20, negatives=20), seed=6)


def test_a_whole_study(drawn: Readings) -> None:
    result = evaluate_readings(drawn, StudySettings(program="SIMULATED DL2"))
    assert result.simulated
    assert result.complete
    assert result.covariance == "delong"
    assert result.conditions == ("CT", "CT and clinical data")
    assert (len(result.readers), len(result.tiers), result.positives, result.negatives) == (7, 3, 20, 20)
    assert len(result.points) == 14
    assert result.program is not None
    assert result.program.cases == 40
    groups = {(one.group, one.readers) for one in result.means}
    assert groups == {
        ("all readers", 7),
        *((f"SIMULATED {n}", k) for n, k in zip(covidet_tiers().tiers, (3, 2, 2), strict=True)),
    }
    assert len(result.means) == 4 * 2 * 3 * 4  # groups, conditions, figures of merit, analyses
    assert len(result.votes) == 8
    assert len(result.between_conditions) == 3 * 4
    assert len(result.between_tiers) == 3 * 2 * 3
    assert (len(result.against_mean), len(result.against_each)) == (3 * 2 * 3, 7 * 2 * 3)
    assert set(result.components) == {"auc", "sensitivity", "specificity"}
    assert result.times is not None
    assert len(result.times.program) == 2
    mean = next(one.mean for one in result.means if one.mean.merit == "sensitivity")
    points = [one.sensitivity.value for one in result.points if one.sensitivity and one.condition == "CT"]
    assert mean.value == pytest.approx(np.mean(points))


def test_published_results_come_out_at_the_top(van_dyke: Readings) -> None:
    result = evaluate_readings(van_dyke, StudySettings(covariance="jackknife"))
    found = {one.analysis: one for one in result.between_conditions}
    assert (found["random"].value, found["random"].p) == (pytest.approx(-0.0438003), pytest.approx(0.0516657, abs=1e-7))
    assert found["u-statistics"].value == pytest.approx(-0.0438003)
    assert {one.mean.merit for one in result.means} == {"auc"}
    assert (result.votes, result.times, result.program, result.tiers) == ((), None, None, ())
    assert any("no threshold" in note for note in result.notes)
    assert "sensitivity" in evaluate_readings(van_dyke, StudySettings(threshold=3)).components


def test_gaps_are_taken_in_and_said(van_dyke: Readings) -> None:
    scores = van_dyke.scores.copy()
    scores[0, 0, :5] = scores[1, 2, 80:] = np.nan
    result = evaluate_readings(replace(van_dyke, scores=scores))
    assert (result.complete, result.covariance) == (False, "unbiased")
    assert any("Not every reader has read every case" in note for note in result.notes)
    assert {one.analysis for one in result.between_conditions} == {
        "random",
        "fixed-readers",
        "fixed-cases",
        "u-statistics",
    }
    assert [one.cases for one in result.points][:1] == [109]


def test_what_is_no_study_is_refused(van_dyke: Readings, drawn: Readings) -> None:
    with pytest.raises(CohortError, match="no reader is named DL9"):
        evaluate_readings(van_dyke, StudySettings(program="DL9"))
    with pytest.raises(CohortError, match="stands under 2 conditions"):
        evaluate_readings(van_dyke, StudySettings(program="1"))
    with pytest.raises(CohortError, match="two readers or more"):
        evaluate_readings(
            drawn.of_readers(["SIMULATED senior 1", "SIMULATED DL2"]), StudySettings(program="SIMULATED DL2")
        )
    few = van_dyke.scores[:, :, 68:]
    with pytest.raises(CohortError, match="cannot evaluate auc: need two cases or more"):
        evaluate_readings(replace(van_dyke, scores=few, cases=van_dyke.cases[68:], positive=van_dyke.positive[68:]))
    with pytest.raises(RecipeError, match="need a covariance"):
        StudySettings(covariance="bootstrap")
    with pytest.raises(RecipeError, match="need a confidence"):
        StudySettings(confidence=95)
