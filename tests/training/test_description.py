import dataclasses
import hashlib
from pathlib import Path

import pytest

from models.test_card import CARD
from pleura.data.cohort import Case, Cohort
from pleura.models.card import card_to_toml, parse_card
from pleura.models.files import Model
from pleura.models.toml_write import to_toml
from pleura.training.description import recipe_hash, training_card
from training import micro


def _cohort(*, synthetic: bool) -> Cohort:
    here = Path()
    cases = [
        Case(
            case=str(i),
            patient=str(i),
            hospital="east" if i < 3 else "west",
            label="healthy" if i % 2 else "bacterial",
            severity=0,
            split="validation" if i == 5 else "train",
            study=here,
            lungs=None,
            lesions=None,
        )
        for i in range(6)
    ]
    return Cohort(folder=here, name="n", generator="g", seed=8, synthetic=synthetic, description="", cases=tuple(cases))


def _parent(*, synthetic: bool) -> Model:
    card = dataclasses.replace(CARD, training={"synthetic": synthetic, "summary": ""})
    return Model(None, card, "ab" * 32, Path())  # type: ignore[arg-type]


def test_counts_are_of_the_training_split() -> None:
    card = training_card(micro.recipe(), _cohort(synthetic=True), parent=None, epochs=3, scores={})
    assert card.training["cases"] == 5
    assert card.training["labels"] == {"bacterial": 3, "healthy": 2}
    assert card.training["hospitals"] == {"east": 3, "west": 2}
    assert card.training["summary"] == "5 synthetic cases of 2 hospitals"
    assert card.metrics == {}
    assert parse_card(card_to_toml(card)) == card


def test_scores_are_said_with_the_number_of_cases_they_are_over() -> None:
    scores = {"validation_loss": 0.123456, "validation_accuracy": 0.75, "validation_balanced_accuracy": 0.7}
    card = training_card(micro.recipe(), _cohort(synthetic=True), parent=None, epochs=3, scores=scores)
    assert card.metrics["summary"] == "75.0% of 1 synthetic validation cases right"
    assert card.metrics["validation"] == {"cases": 1, "loss": 0.1235, "accuracy": 0.75, "balanced_accuracy": 0.7}


@pytest.mark.parametrize(
    ("cohort", "parent", "synthetic"),
    [(True, None, True), (False, None, False), (True, True, True), (True, False, False), (False, True, False)],
)
def test_a_model_is_synthetic_only_if_all_it_ever_saw_was(cohort: bool, parent: bool | None, synthetic: bool) -> None:
    before = None if parent is None else _parent(synthetic=parent)
    card = training_card(micro.recipe(), _cohort(synthetic=cohort), parent=before, epochs=1, scores={})
    assert card.synthetic is synthetic
    assert card.parent == ("" if before is None else before.id)


def test_a_recipes_hash_is_over_all_its_values_written_out() -> None:
    text = to_toml(dataclasses.asdict(micro.recipe()))
    assert recipe_hash(micro.recipe()) == hashlib.sha256(text.encode()).hexdigest()
    assert recipe_hash(micro.recipe()) == recipe_hash(micro.recipe("[validation]\nevery = 1\n"))
    assert recipe_hash(micro.recipe()) != recipe_hash(micro.recipe("[validation]\nevery = 2\n"))
