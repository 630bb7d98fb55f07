from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from models.clinical_svm.machines import FUSION, clinical_card, fitted, gappy_values
from models.test_files import SEGMENTER
from pleura.cli.main import app
from pleura.errors import ModelError
from pleura.models.any_model import card_text, load_any_model
from pleura.models.card import parse_card
from pleura.models.clinical_svm.files import ClinicalModel, save_clinical_model
from pleura.models.files import Model, SegmentationModel, save_model
from pleura.models.registry import create_network
from pleura.models.segmenter import Segmenter


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


def test_a_segmentation_model_is_listed_shown_and_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLEURA_HOME", str(tmp_path))
    network = create_network(SEGMENTER.architecture, Segmenter, **SEGMENTER.arguments)
    identity = save_model(network, SEGMENTER, tmp_path / "models" / "outlines", half=True)
    loaded = load_any_model("outlines")
    assert isinstance(loaded, SegmentationModel)
    assert parse_card(card_text(loaded)) == SEGMENTER
    listed, shown, verified = (
        CliRunner().invoke(app, ["models", *words], catch_exceptions=False)
        for words in (["list"], ["show", "outlines"], ["verify", "outlines", "--id", identity[:12]])
    )
    assert f"outlines                  {identity[:12]}" in listed.stdout
    assert shown.stdout.endswith(card_text(loaded))
    assert verified.stdout.startswith(identity)
