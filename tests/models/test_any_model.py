from pathlib import Path

import numpy as np
import pytest

from models.clinical_svm.machines import FUSION, clinical_card, fitted, gappy_values
from pleura.errors import ModelError
from pleura.models.any_model import card_text, load_any_model
from pleura.models.card import parse_card
from pleura.models.clinical_svm.files import ClinicalModel, save_clinical_model
from pleura.models.files import Model


def test_a_model_is_loaded_as_its_card_says(tmp_path: Path, rng: np.random.Generator) -> None:
    svm = fitted("rbf", *gappy_values(rng))[0]
    identity = save_clinical_model(svm, FUSION, clinical_card("rbf", "stacking"), tmp_path / "dl3")
    clinical, network = load_any_model(tmp_path / "dl3"), load_any_model("ucadi-synthetic")
    assert isinstance(clinical, ClinicalModel)
    assert isinstance(network, Model)
    assert clinical.id == identity
    assert card_text(clinical) == (tmp_path / "dl3" / "model.toml").read_text(encoding="utf-8")
    assert parse_card(card_text(network)) == network.card


def test_a_card_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text("= 1")
    with pytest.raises(ModelError, match=r"is .* a whole model"):
        load_any_model(tmp_path)
