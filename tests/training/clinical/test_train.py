import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pleura.data.clinical_table.read import read_table
from pleura.data.clinical_table.schema import find_schema
from pleura.errors import CohortError
from pleura.evaluation.roc import auc
from pleura.models.clinical_svm.files import load_clinical_model
from pleura.training.clinical.cases import read_ct_scores, read_labels
from pleura.training.clinical.recipe import FoldSettings
from pleura.training.clinical.train import train_clinical
from training.clinical.small import FEATURES, NAMES, RECIPE

ONE_RUN = replace(RECIPE, kernel="rbf", folds=FoldSettings(repeats=1, outer=3, inner=3, shuffles=1))


@pytest.mark.parametrize("ct", [True, False])
def test_a_model_comes_with_its_cross_validation(ct: bool, drawn: Path, tmp_path: Path) -> None:
    table = read_table(drawn / "clinical.csv", find_schema("synthetic")).only(FEATURES)
    labels = read_labels(drawn / "cases.csv")
    scores = read_ct_scores(drawn / "ct.csv", labels, **NAMES) if ct else None
    recipe = ONE_RUN if ct else replace(ONE_RUN, kernels=("linear",), kernel="linear")
    model = train_clinical(recipe, table, labels, scores, tmp_path, synthetic=True, source="drawn", ct_model="dl2")
    assert load_clinical_model(tmp_path / "small").id == model.id
    assert (model.fusion is not None) == ct
    card = model.card
    assert (card.fusion, card.kernel, card.synthetic) == ("stacking" if ct else "", recipe.kernel, True)
    assert card.classes == ("other-viral", "covid-19")
    assert set(card.importance) == set(FEATURES)
    assert card.training["summary"] == "clinical data of 72 synthetic cases of drawn, 36 with covid-19"
    positive = np.array([labels[case] == "covid-19" for case in table.cases])
    assert auc(positive, model.svm.probability(table.values)) > 0.7

    folder = tmp_path / "cross-validation"
    found = json.loads((folder / "clinical.json").read_text())
    with (folder / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    said = np.array([float(row[found["final"]]) for row in rows])
    truth = np.array([row["truth"] == "covid-19" for row in rows])
    answer = next(one for one in found["answers"] if one["answer"] == found["final"])
    assert answer["auc"]["value"] == pytest.approx(auc(truth, said), abs=2e-3)  # scores.csv has six digits: ties
    assert found["final"] == ("CT + SVM rbf, stacking" if ct else "SVM linear")
    assert len(found["answers"]) == (10 if ct else 1)
    assert {row["kernel"] for row in found["importance"]} == set(recipe.kernels)
    assert "support vector machine" in (folder / "methods.md").read_text()
    assert (folder / "comparisons.csv").exists() == ct
    for name in ("roc-answers.png", "accuracy.json", "checklists.md", "importance.csv", "answers.csv"):
        assert (folder / name).is_file()


def test_no_model_is_made_of_data_that_say_nothing(drawn: Path, tmp_path: Path) -> None:
    table = read_table(drawn / "clinical.csv", find_schema("synthetic")).only(["cough"])
    alike = replace(table, values=np.ones_like(table.values))
    recipe = replace(ONE_RUN, kernels=("linear",), kernel="linear")
    with pytest.raises(CohortError, match="no better than chance"):
        train_clinical(recipe, alike, read_labels(drawn / "cases.csv"), None, tmp_path, synthetic=True)
    assert not (tmp_path / "small").exists()
