"""A model's answers on a cohort against one diagnosis after another, and the table of them read back."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from pleura.data.cohort import Cohort, read_cohort
from pleura.data.preparation import prepare_study
from pleura.errors import CohortError, ModelError
from pleura.evaluation.predictions import read_predictions, write_predictions
from pleura.models.files import Model
from pleura.models.predict import predict
from pleura.settings import CLASSES
from pleura.training.assess import assess
from pleura.training.loop import train
from training import micro


@pytest.fixture(scope="module")
def cohort(micro_cohort: Path) -> Cohort:
    return read_cohort(micro_cohort)


@pytest.fixture(scope="module")
def model(cohort: Cohort, micro_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    text = micro.RECIPE.replace("epochs = 4", "epochs = 1").replace("warmup_epochs = 1", "warmup_epochs = 0")
    return train(micro.parse_recipe(text), cohort, tmp_path_factory.mktemp("run"), cache_folder=micro_cache)


def test_each_case_is_answered_as_a_diagnosis_answers_it(model: Model, cohort: Cohort, micro_cache: Path) -> None:
    answers = assess(model, cohort, split="validation", cache_folder=micro_cache)
    assert [case.split for case in answers.cases] == ["validation"] * 4
    assert answers.classes == CLASSES
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1)
    prepared, _ = prepare_study(answers.cases[2].study, model.card.input)
    spread = [predict(model, prepared, seed=seed).mean for seed in range(40)]
    low, high = np.min(spread, axis=0), np.max(spread, axis=0)  # which slices are drawn depends on the seed
    assert ((low - 0.02 <= answers.probabilities[2]) & (answers.probabilities[2] <= high + 0.02)).all()


def test_the_models_temperature_counts(model: Model, cohort: Cohort, micro_cache: Path) -> None:
    hot = dataclasses.replace(model, card=dataclasses.replace(model.card, temperature=1e6))
    answers = assess(hot, cohort, split="validation", cache_folder=micro_cache)
    np.testing.assert_allclose(answers.probabilities, 0.25, atol=1e-4)


def test_either_backend_gives_the_answers(model: Model, cohort: Cohort, micro_cache: Path) -> None:
    one, other = (
        assess(model, cohort, split="validation", cache_folder=micro_cache, backend=backend).probabilities
        for backend in ("torch", "openvino")
    )
    np.testing.assert_allclose(one, other, atol=1e-4)
    with pytest.raises(ModelError, match="unknown backend"):
        assess(model, cohort, split="validation", cache_folder=micro_cache, backend="abacus")


def test_the_table_reads_back(model: Model, cohort: Cohort, micro_cache: Path, tmp_path: Path) -> None:
    answers = assess(model, cohort, split="validation", cache_folder=micro_cache)
    write_predictions(answers.predictions(), tmp_path / "p.csv")
    back, kept = read_predictions(tmp_path / "p.csv"), answers.predictions()
    assert (back.classes, back.cases, back.patients, back.hospitals) == (
        kept.classes,
        kept.cases,
        kept.patients,
        kept.hospitals,
    )
    assert back.truth.tolist() == kept.truth.tolist()
    np.testing.assert_allclose(back.scores, kept.scores, atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["p.csv"]


def test_a_split_without_cases_is_refused(model: Model, cohort: Cohort) -> None:
    with pytest.raises(CohortError, match="has no case of healthy, covid-19, other-viral, bacterial in split test"):
        assess(model, cohort)
