from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from pleura.errors import CohortError
from pleura.evaluation.repeated.held_out import patient_folds
from pleura.evaluation.roc import auc
from pleura.training.clinical.fit import fit_machines
from training.clinical.small import RECIPE, small_cases


def test_a_machine_is_what_a_pipeline_of_scikit_learns_gives(drawn: Path) -> None:
    cases = small_cases(drawn)
    table, positive = cases.table.only(["age_years", "temperature_c", "crp_mg_per_l"]), cases.positive
    recipe = replace(RECIPE, flag_missing=False)
    found = fit_machines(table.values, positive, cases.patients, table.schema, recipe, kernels=("linear",), seed=4)[
        "linear"
    ]
    fold = patient_folds(positive.astype(np.int64), cases.patients, folds=3, seed=4)
    mean_areas, held_out = {}, {}
    for cost in recipe.grid.cost_linear:
        pipeline = make_pipeline(
            SimpleImputer(strategy="median"), StandardScaler(), SVC(kernel="linear", C=cost, class_weight="balanced")
        )
        decisions, areas = np.empty(len(positive)), []
        for one in range(3):
            held = fold == one
            pipeline.fit(table.values[~held], positive[~held])
            decisions[held] = pipeline.decision_function(table.values[held])
            areas.append(auc(positive[held], decisions[held]))
        mean_areas[cost], held_out[cost] = np.mean(areas), decisions
    best = max(mean_areas, key=lambda cost: mean_areas[cost])
    assert found.chosen.cost == best
    assert found.inner_auc == pytest.approx(mean_areas[best], abs=1e-9)
    np.testing.assert_allclose(found.out_of_fold, found.svm.calibrated(held_out[best]), atol=1e-8)
    whole = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), SVC(kernel="linear", C=best, class_weight="balanced")
    ).fit(table.values, positive)
    np.testing.assert_allclose(found.svm.decision(table.values), whole.decision_function(table.values), atol=1e-8)
    assert found.out_of_fold.mean() == pytest.approx(positive.mean(), abs=0.02), "calibrated at the classes' shares"


def test_too_few_patients_for_the_inner_folds_are_refused() -> None:
    from pleura.data.clinical_table.schema import find_schema

    schema = find_schema("synthetic").only(["age_years"])
    positive = np.array([True, True, False, False])
    with pytest.raises(CohortError, match="inner folds: 3 folds need 3 patients"):
        fit_machines(np.ones((4, 1)), positive, "abcd", schema, RECIPE, kernels=("linear",), seed=0)
    values = np.full((12, 1), np.nan)
    with pytest.raises(CohortError, match="no value of age_years: leave it out"):
        fit_machines(values, np.arange(12) % 2 == 0, "abcdefghijkl", schema, RECIPE, kernels=("linear",), seed=0)
