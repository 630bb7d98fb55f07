from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from models.clinical_svm.machines import FUSION, NUMBERS, clinical_card, fitted, gappy_values
from pleura.errors import ModelError, OutputError
from pleura.models.clinical_svm.card import clinical_card_to_toml, parse_clinical_card
from pleura.models.clinical_svm.files import load_clinical_model, save_clinical_model


@pytest.mark.parametrize("kind", list(NUMBERS))
def test_a_model_answers_to_the_bit_when_read_back(kind: str, tmp_path: Path, rng: np.random.Generator) -> None:
    values, truth = gappy_values(rng)
    svm = fitted(kind, values, truth)[0]
    identity = save_clinical_model(svm, FUSION, clinical_card(kind, "stacking"), tmp_path / "dl3")
    found = load_clinical_model(tmp_path / "dl3")
    assert found.id == identity
    assert found.fusion == FUSION
    assert found.card == clinical_card(kind, "stacking")
    np.testing.assert_array_equal(found.svm.probability(values), svm.probability(values))
    assert sorted(path.name for path in (tmp_path / "dl3").iterdir()) == ["model.toml", "weights.safetensors"]
    assert save_clinical_model(svm, FUSION, clinical_card(kind, "stacking"), tmp_path / "dl3") == identity
    assert [path.name for path in tmp_path.iterdir()] == ["dl3"]


def test_arrays_that_do_not_fit_the_card_are_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    svm = fitted("rbf", *gappy_values(rng))[0]
    with pytest.raises(ModelError, match="fusion should be there, or should not"):
        save_clinical_model(svm, FUSION, clinical_card(), tmp_path / "dl3")
    with pytest.raises(ModelError, match="dual is not finite"):
        save_clinical_model(replace(svm, dual=svm.dual * np.nan), None, clinical_card(), tmp_path / "dl3")
    odd = replace(clinical_card(), arguments={"cost": 1.0, "width": 3.0})
    with pytest.raises(ModelError, match="do not fit the kernel rbf"):
        save_clinical_model(svm, None, odd, tmp_path / "dl3")
    assert not (tmp_path / "dl3").exists()
    (tmp_path / "other").mkdir()
    with pytest.raises(OutputError, match="not a model folder"):
        save_clinical_model(svm, None, clinical_card(), tmp_path / "other")


def test_a_damaged_model_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    svm = fitted("rbf", *gappy_values(rng))[0]
    save_clinical_model(svm, None, clinical_card(), tmp_path / "dl3")
    weights = tmp_path / "dl3" / "weights.safetensors"
    whole = weights.read_bytes()
    for text, said in ((whole[:-9], "damaged"), (b"", "damaged")):
        weights.write_bytes(text)
        with pytest.raises(ModelError, match=said):
            load_clinical_model(tmp_path / "dl3")
    arrays = safetensors.numpy.load(whole)
    weights.write_bytes(safetensors.numpy.save(arrays | {"support": arrays["support"][:, :-1].copy()}))
    with pytest.raises(ModelError, match="support has shape"):
        load_clinical_model(tmp_path / "dl3")
    weights.write_bytes(safetensors.numpy.save(arrays | {"encoder.levels": np.array([0, 0, 2, 0])}))
    with pytest.raises(ModelError, match="not the schema's"):
        load_clinical_model(tmp_path / "dl3")
    weights.unlink()
    with pytest.raises(ModelError, match="is it a whole model"):
        load_clinical_model(tmp_path / "dl3")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kernel": "cosine"}, "known are linear, poly, rbf"),
        ({"fusion": "vote"}, "known are average, stacking, or nothing"),
        ({"classes": ("a", "a")}, "need two"),
        ({"importance": {"q": 1.0}}, "a feature that the schema does not have"),
        ({"training": {"summary": "x"}}, "training.synthetic"),
        ({"schema": {}}, "schema.features is missing"),
        ({"task": "diagnosis"}, 'need "clinical"'),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        replace(clinical_card(), **changes)  # type: ignore[arg-type]


def test_a_networks_card_is_no_clinical_one() -> None:
    text = clinical_card_to_toml(clinical_card())
    assert parse_clinical_card(text) == clinical_card()
    with pytest.raises(ModelError, match='task = "diagnosis"; need a clinical model'):
        parse_clinical_card(text.replace('task = "clinical"', 'task = "diagnosis"'))
    for broken, said in (("= 1", "not TOML"), ("format = 2", "not of format 1"), ("x = 1\n" + text, "unknown key x")):
        with pytest.raises(ModelError, match=said):
            parse_clinical_card(broken)
