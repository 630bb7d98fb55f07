from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pleura.training.clinical import cross_validate
from pleura.training.clinical.cases import ClinicalCases
from pleura.training.clinical.cross_validate import ClinicalRuns, cross_validate_clinical
from pleura.training.clinical.recipe import FoldSettings
from training.clinical.small import RECIPE, small_cases

ONE_RUN = replace(RECIPE, folds=FoldSettings(repeats=1, outer=3, inner=3, shuffles=0))


@pytest.fixture
def run_with_folds_kept(monkeypatch: pytest.MonkeyPatch, drawn: Path) -> tuple[ClinicalCases, ClinicalRuns]:
    """A run, with its outer folds kept for further runs whatever their truths are."""
    cases = small_cases(drawn, without_ct=4)
    first = cross_validate_clinical(cases, ONE_RUN)
    monkeypatch.setattr(cross_validate, "_deal", lambda *_, **__: first.fold[0])
    return cases, first


def test_a_fold_learns_nothing_from_the_patients_it_judges(
    run_with_folds_kept: tuple[ClinicalCases, ClinicalRuns],
) -> None:
    cases, first = run_with_folds_kept
    held = np.flatnonzero(first.fold[0] == 0)
    values, positive, ct = cases.table.values.copy(), cases.positive.copy(), np.array(cases.ct)
    changed = held[:5]
    values[changed] = [90, 1, 41, 1, 30, 3, 900]  # other medians and scales, were they learnt from
    positive[changed] = ~positive[changed]
    ct[changed] = 1 - ct[changed]
    second = cross_validate_clinical(
        replace(cases, table=replace(cases.table, values=values), positive=positive, ct=ct), ONE_RUN
    )
    same = np.setdiff1d(held, changed)
    for name, scores in first.scores.items():
        np.testing.assert_array_equal(second.scores[name][0, same], scores[0, same], err_msg=name)
    elsewhere = first.fold[0] != 0
    assert (second.scores["SVM linear"][0, elsewhere] != first.scores["SVM linear"][0, elsewhere]).all()


def test_no_patient_is_in_two_folds_and_all_answers_are_there(drawn: Path) -> None:
    cases = small_cases(drawn, without_ct=4)
    runs = cross_validate_clinical(cases, RECIPE)
    assert list(runs.scores) == [
        "CT",
        "SVM linear",
        "SVM poly",
        "SVM rbf",
        *(f"CT + SVM {kernel}, {rule}" for rule in ("average", "stacking") for kernel in ("linear", "poly", "rbf")),
    ]
    for fold in runs.fold:
        assert all(len(set(fold[np.array(cases.patients) == one].tolist())) == 1 for one in cases.patients)
    for name, scores in runs.scores.items():
        assert scores.shape == (2, 72)
        np.testing.assert_array_equal(np.isnan(scores), [~cases.with_ct & ("CT" in name)] * 2)
        assert np.nanmin(scores) >= 0
        assert np.nanmax(scores) <= 1
    assert (runs.fold[0] != runs.fold[1]).any()
    assert {kernel: counted.total() for kernel, counted in runs.chosen.items()} == dict.fromkeys(RECIPE.kernels, 6)
    assert {kernel: lost.shape for kernel, lost in runs.importance.items()} == dict.fromkeys(RECIPE.kernels, (6, 7))


def test_truths_at_random_are_not_learnt(drawn: Path) -> None:
    from pleura.training.clinical.assess import assess_clinical

    cases = small_cases(drawn, ct=False)
    generator = np.random.default_rng(8)
    people = {name: bool(generator.integers(2)) for name in dict.fromkeys(cases.patients)}
    random = replace(cases, positive=np.array([people[name] for name in cases.patients]))
    found = assess_clinical(cross_validate_clinical(random, replace(ONE_RUN, kernels=("linear",))), resamples=200)
    area = found.answers[0].auc
    assert area.low is not None
    assert area.high is not None
    assert area.low < 0.5 < area.high
