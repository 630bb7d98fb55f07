import dataclasses

import pytest

from pleura.errors import ModelError
from pleura.models.card import Card, card_to_toml, parse_card
from pleura.settings import CLASSES, InputSettings

CARD = Card(
    name="small",
    architecture="densenet3d",
    arguments={"classes": 4, "growth": 4, "drop_block": 0.1},
    classes=CLASSES,
    input=InputSettings(size=64),
    licence="Apache-2.0",
    training={"synthetic": True, "summary": "12 cases", "labels": {"healthy": 3}},
    temperature=1.5,
    metrics={"summary": "all right", "validation": {"accuracy": 0.5}},
    parent="ab" * 32,
)


def test_a_card_reads_back_as_it_was_written() -> None:
    assert parse_card(card_to_toml(CARD)) == CARD


def test_what_is_synthetic_says_so() -> None:
    assert CARD.synthetic
    assert not dataclasses.replace(CARD, training={"synthetic": False, "summary": ""}).synthetic


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", "not of format 1"),
        ("format = 1\n", "", "not of format 1"),
        ("format = 1", "format = ", "not TOML"),
        ('name = "small"', 'name = ""', "name is empty"),
        ('name = "small"\n', "", "name is missing"),
        ('name = "small"', 'nom = "small"', "unknown key nom"),
        ('"bacterial"]', "4]", "classes = 4"),
        ('["healthy", ', '["covid-19", ', "is there twice"),
        (', "bacterial"]', "]", "3 classes are named, but arguments.classes = 4"),
        ("temperature = 1.5", "temperature = 0.0", "temperature = 0.0"),
        ("temperature = 1.5", "slope = 1.5", "calibration"),
        ("answer = 0.5", "answer = 1.5", "need probabilities"),
        ("answer = 0.5", "other = 0.5", "need answer"),
        ("synthetic = true", 'synthetic = "yes"', "training.synthetic"),
        ('summary = "12 cases"', "summary = 12", "training.summary"),
        ("size = 64", "size = 65", "size = 65"),
    ],
)
def test_a_wrong_card_is_refused_by_what_is_wrong(old: str, new: str, said: str) -> None:
    text = card_to_toml(CARD)
    assert old in text
    with pytest.raises(ModelError) as caught:
        parse_card(text.replace(old, new))
    assert said in str(caught.value)
