from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pleura.evaluation.comparison.areas import delong_paired
from pleura.evaluation.intervals.delong import auc_interval
from pleura.evaluation.roc import auc
from pleura.training.clinical.assess import assess_clinical
from pleura.training.clinical.cross_validate import ClinicalRuns, cross_validate_clinical
from pleura.training.clinical.recipe import FoldSettings
from training.clinical.small import RECIPE, small_cases

QUICK = replace(RECIPE, kernels=("linear",), folds=FoldSettings(repeats=2, outer=3, inner=3, shuffles=0))


@pytest.fixture(scope="module")
def runs(drawn: Path) -> ClinicalRuns:
    return cross_validate_clinical(small_cases(drawn, without_ct=4), QUICK)


def test_without_repeated_patients_it_is_delong_on_the_mean_over_runs(runs: ClinicalRuns) -> None:
    table = replace(runs.cases.table, patients=None)
    alone = replace(runs, cases=replace(runs.cases, table=table))
    result = assess_clinical(alone, resamples=200)
    positive = runs.cases.positive[runs.cases.with_ct]
    assert len(result.positive) == 68
    mean = {name: scores[:, runs.cases.with_ct].mean(axis=0) for name, scores in runs.scores.items()}
    for one in result.answers:
        assert one.auc == auc_interval(positive, mean[one.name])
        each = [auc(positive, scores[runs.cases.with_ct]) for scores in runs.scores[one.name]]
        assert one.runs == tuple(each)
        assert one.over_runs.mean == pytest.approx(np.mean(each))
    first = result.versus[0]
    assert (first.first, first.second) == ("CT + SVM linear, average", "CT")
    assert first.found == delong_paired(positive, mean[first.first], mean["CT"])
    assert first.adjusted_p is not None
    assert first.found.p is not None
    assert first.adjusted_p >= first.found.p
    assert len(result.versus) == 4
    assert any("names no patients" in note for note in result.notes)


def test_where_a_patient_has_two_cases_patients_are_resampled(runs: ClinicalRuns) -> None:
    result = assess_clinical(runs, resamples=300)
    for one in result.answers:
        assert one.auc.method == "bootstrap"
        assert one.auc == one.resampled
    assert all(one.found.p is None and one.found.method == "bootstrap-paired" for one in result.versus)
    assert all(one.found.low <= one.found.difference <= one.found.high for one in result.versus)  # type: ignore[operator]
    assert result.final == "CT + SVM linear, stacking"
    with pytest.raises(KeyError):
        result.answer("SVM rbf")


def test_the_interval_does_not_narrow_with_more_runs(runs: ClinicalRuns) -> None:
    twice = replace(runs, scores={name: np.concatenate([one, one]) for name, one in runs.scores.items()})
    once, again = (assess_clinical(one, resamples=200).answer("SVM linear") for one in (runs, twice))
    assert again.auc == once.auc
    assert len(again.runs) == 2 * len(once.runs)
