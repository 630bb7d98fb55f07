"""The third file of a model folder: written, read back, covered by the id, and refused where it is another one."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.test_card import CARD
from pleura.errors import ModelError
from pleura.models import files
from pleura.models.card import Card, ReferenceFacts, card_to_toml, parse_card
from pleura.models.novelty import Reference, fit_reference
from pleura.models.registry import create_network


def _reference(seed: int = 0, classes: int = 4) -> Reference:
    x = np.random.default_rng(seed).normal(size=(40, 1, 7))
    return fit_reference(x, np.arange(40) % classes, x[:20], axes=3)


def _card(reference: Reference) -> Card:
    digest = hashlib.sha256(reference.to_bytes()).hexdigest()
    facts = ReferenceFacts(sha256=digest, threshold=3.5, quantile=0.99, training=40, held_out=20, summary="40 cases")
    return replace(CARD, reference=facts)


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return create_network(CARD.architecture, **CARD.arguments)


def test_it_reads_back_and_the_id_covers_it(tmp_path: Path, network: torch.nn.Module) -> None:
    with_it = files.save_model(network, _card(_reference()), tmp_path / "small", reference=_reference())
    model = files.load_model(tmp_path / "small")
    assert model.id == with_it
    assert model.card == _card(_reference())
    assert model.reference is not None
    assert model.reference.to_bytes() == _reference().to_bytes()
    names = ["model.toml", "reference.safetensors", "weights.safetensors"]
    assert sorted(path.name for path in model.path.iterdir()) == names
    other = files.save_model(network, _card(_reference(1)), tmp_path / "other", reference=_reference(1))
    assert other != with_it


def test_one_that_is_not_the_cards_is_refused(tmp_path: Path, network: torch.nn.Module) -> None:
    card = _card(_reference())
    for reference in (None, _reference(1)):
        with pytest.raises(ModelError, match=r"reference\.safetensors has SHA-256 .*, and the card names"):
            files.save_model(network, card, tmp_path / "small", reference=reference)
    with pytest.raises(ModelError, match="and the card names none"):
        files.save_model(network, CARD, tmp_path / "small", reference=_reference())
    files.save_model(network, card, tmp_path / "small", reference=_reference())
    third = tmp_path / "small" / "reference.safetensors"
    third.write_bytes(_reference(1).to_bytes())
    with pytest.raises(ModelError, match="keep a model's files together"):
        files.load_model(tmp_path / "small")
    third.unlink()
    with pytest.raises(ModelError, match=r"cannot read .*reference"):
        files.load_model(tmp_path / "small")


def test_one_of_other_classes_is_refused(tmp_path: Path, network: torch.nn.Module) -> None:
    three = _reference(classes=3)
    files.save_model(network, _card(three), tmp_path / "small", reference=three)
    with pytest.raises(ModelError, match="has 3 classes; the card has 4"):
        files.load_model(tmp_path / "small")


def test_weights_are_kept_byte_for_byte_under_a_new_card(tmp_path: Path, network: torch.nn.Module) -> None:
    files.save_model(network, CARD, tmp_path / "old", half=True)
    old = files.load_model(tmp_path / "old")
    made = files.rewrite_model(old, _card(_reference()), tmp_path / "new", reference=_reference())
    new = files.load_model(tmp_path / "new")
    assert new.id == made != old.id
    assert (new.path / "weights.safetensors").read_bytes() == (old.path / "weights.safetensors").read_bytes()
    (old.path / "model.toml").write_text(card_to_toml(CARD) + "# changed\n")
    with pytest.raises(ModelError, match="has changed since it was read"):
        files.rewrite_model(old, CARD, tmp_path / "third")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("threshold = 3.5", "threshold = 0.0", "reference: threshold = 0.0"),
        ("quantile = 0.99", "quantile = 1.0", "reference: quantile = 1.0"),
        ("training = 40", "training = 0", "reference: 0 and 20 cases"),
        ('sha256 = "', 'sha256 = "Z', "reference: sha256"),
        ("held_out = 20\n", "", "reference.held_out is missing"),
        ("held_out = 20", "withheld = 20", "unknown key reference.withheld"),
    ],
)
def test_a_card_that_says_something_impossible_is_refused(old: str, new: str, said: str) -> None:
    text = card_to_toml(_card(_reference()))
    assert parse_card(text) == _card(_reference())
    with pytest.raises(ModelError, match=said):
        parse_card(text.replace(old, new))
    with pytest.raises(ModelError, match="reference = 3; need a table"):
        parse_card("reference = 3\n" + card_to_toml(CARD))
