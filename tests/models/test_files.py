import dataclasses
import hashlib
from pathlib import Path

import pytest
import safetensors.torch
import torch

from models.test_card import CARD
from pleura.errors import ModelError, OutputError
from pleura.models import files
from pleura.models.registry import create_network
from pleura.models.segmenter import Segmenter


@pytest.fixture
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return create_network(CARD.architecture, **CARD.arguments)


@pytest.fixture
def saved(tmp_path: Path, network: torch.nn.Module) -> Path:
    files.save_model(network, CARD, tmp_path / "small")
    return tmp_path / "small"


def test_a_model_reads_back_as_it_was_written(saved: Path, network: torch.nn.Module) -> None:
    model = files.load_model(saved)
    assert model.card == CARD
    assert model.path == saved
    assert not model.network.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(model.network.state_dict()[name], tensor), name
    assert sorted(path.name for path in saved.parent.iterdir()) == ["small"]
    assert sorted(path.name for path in saved.iterdir()) == ["model.toml", "weights.safetensors"]


def test_the_id_is_over_both_files(saved: Path) -> None:
    digests = b"".join(hashlib.sha256((saved / n).read_bytes()).digest() for n in ("weights.safetensors", "model.toml"))
    expected = hashlib.sha256(digests).hexdigest()
    assert files.load_model(saved).id == files.model_id(saved) == expected
    with (saved / "model.toml").open("a") as file:
        file.write("# a comment\n")
    assert files.model_id(saved) != expected


def test_half_keeps_convolutions_to_eleven_bits_and_norms_exactly(tmp_path: Path, network: torch.nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            module.running_mean.uniform_(-1, 1)
    files.save_model(network, CARD, tmp_path / "half", half=True)
    loaded = files.load_model(tmp_path / "half").network.state_dict()
    for name, tensor in network.state_dict().items():
        assert loaded[name].dtype == tensor.dtype
        if tensor.ndim > 1:
            torch.testing.assert_close(loaded[name], tensor, rtol=2**-11, atol=1e-7)
        else:
            assert torch.equal(loaded[name], tensor)


def test_the_full_network_fits_in_two_mebibytes_as_half(tmp_path: Path) -> None:
    card = CARD.__class__(**{**vars(CARD), "arguments": {"classes": 4}})
    files.save_model(create_network("densenet3d"), card, tmp_path / "full", half=True)
    assert (tmp_path / "full" / "weights.safetensors").stat().st_size < 2 * 2**20


def test_a_model_in_the_way_is_replaced_and_anything_else_is_not(saved: Path, network: torch.nn.Module) -> None:
    before = files.model_id(saved)
    torch.nn.init.ones_(network.classifier.bias)  # type: ignore[union-attr, arg-type]
    assert files.save_model(network, CARD, saved) == files.model_id(saved) != before
    (saved / "model.toml").unlink()
    with pytest.raises(OutputError, match="is not a model folder"):
        files.save_model(network, CARD, saved)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, network: torch.nn.Module) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write the model"):
        files.save_model(network, CARD, tmp_path / "file" / "small")


def test_names_are_looked_up_in_the_users_folder_then_among_the_shipped(
    tmp_path: Path, network: torch.nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLEURA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(files, "shipped_folder", lambda: tmp_path / "shipped")
    with pytest.raises(ModelError, match=r'no model "small".*are: none'):
        files.find_model("small")
    files.save_model(network, CARD, tmp_path / "shipped" / "small")
    assert files.find_model("small") == tmp_path / "shipped" / "small"
    files.save_model(network, CARD, tmp_path / "home" / "models" / "small")
    files.save_model(network, CARD, tmp_path / "home" / "models" / "own")
    assert files.find_model("small") == tmp_path / "home" / "models" / "small"
    assert [path.name for path in files.list_models()] == ["own", "small"]
    for name in ("absent", "", "small/model.toml", "models/own"):
        with pytest.raises(ModelError, match="known by name are: own, small"):
            files.find_model(name)


def test_folders_follow_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PLEURA_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert files.user_folder() == tmp_path / "pleura" / "models"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert files.user_folder() == Path.home() / ".local" / "share" / "pleura" / "models"


def _change(saved: Path, change) -> None:  # type: ignore[no-untyped-def]
    tensors = safetensors.torch.load((saved / "weights.safetensors").read_bytes())
    change(tensors)
    (saved / "weights.safetensors").write_bytes(safetensors.torch.save(tensors))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop("stem.bias"), "1 tensors are missing, first stem.bias"),
        (lambda t: t.update(extra=torch.zeros(1)), "1 tensors do not belong to the architecture, first extra"),
        (lambda t: t.update({"stem.bias": torch.zeros(5)}), "stem.bias has shape [5]; the architecture has [4]"),
        (lambda t: t["stem.weight"].view(-1)[3:4].fill_(float("nan")), "stem.weight is not finite"),
        (lambda t: t["norm.running_var"].fill_(float("inf")), "norm.running_var is not finite"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(saved: Path, change, said: str) -> None:  # type: ignore[no-untyped-def]
    _change(saved, change)
    with pytest.raises(ModelError) as caught:
        files.load_model(saved)
    assert said in str(caught.value)
    assert str(saved) in str(caught.value)


def test_a_missing_file_is_refused(saved: Path) -> None:
    (saved / "weights.safetensors").unlink()
    with pytest.raises(ModelError, match=r"cannot read .*weights\.safetensors"):
        files.load_model(saved)
    with pytest.raises(ModelError, match=r"cannot read .*weights\.safetensors"):
        files.model_id(saved)


@pytest.mark.parametrize("kept", [0, 7, 100, -1])
def test_truncated_weights_are_refused(saved: Path, kept: int) -> None:
    path = saved / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ModelError, match="damaged"):
        files.load_model(saved)


def test_a_wrong_card_is_refused(saved: Path) -> None:
    card = saved / "model.toml"
    text = card.read_text()
    card.write_text(text.replace('"densenet3d"', '"resnet"'))
    with pytest.raises(ModelError, match='unknown architecture "resnet"'):
        files.load_model(saved)
    card.write_text(text.replace("growth = 4", "growth = 8"))
    with pytest.raises(ModelError, match="has shape"):
        files.load_model(saved)
    card.write_bytes(b"\xff")
    with pytest.raises(ModelError, match="not UTF-8"):
        files.load_model(saved)


def test_weights_that_are_not_finite_are_never_written(tmp_path: Path, network: torch.nn.Module) -> None:
    torch.nn.init.constant_(network.classifier.bias, float("nan"))  # type: ignore[union-attr, arg-type]
    with pytest.raises(ModelError, match="not finite"):
        files.save_model(network, CARD, tmp_path / "bad")
    assert not (tmp_path / "bad").exists()


SEGMENTER = dataclasses.replace(
    CARD,
    architecture="deeplabv3plus-densenet121",
    task="lesions",
    classes=("none", "lesion"),
    arguments={"classes": 2, "growth": 2, "stem": 4, "aspp": 4, "low_level": 2},
)


def _segmenter() -> Segmenter:
    torch.manual_seed(0)
    return create_network(SEGMENTER.architecture, Segmenter, **SEGMENTER.arguments)


def test_a_segmentation_model_reads_back_as_it_was_written(tmp_path: Path) -> None:
    network = _segmenter()
    digest = files.save_model(network, SEGMENTER, tmp_path / "lesions")
    model = files.load_segmenter(tmp_path / "lesions")
    assert (model.card, model.id, model.path) == (SEGMENTER, digest, tmp_path / "lesions")
    x = torch.linspace(-2, 2, 32 * 48).view(1, 1, 32, 48)
    assert torch.equal(model.network(x), network.eval()(x))


def test_each_kind_of_model_is_refused_where_the_other_is_needed(saved: Path, tmp_path: Path) -> None:
    files.save_model(_segmenter(), SEGMENTER, tmp_path / "lesions")
    with pytest.raises(ModelError, match="lesions: architecture deeplabv3plus-densenet121 is a segmenter, and a class"):
        files.load_model(tmp_path / "lesions")
    with pytest.raises(ModelError, match="small: architecture densenet3d is a classifier, and a segmenter is needed"):
        files.load_segmenter(saved)


def test_a_segmentation_model_of_other_classes_is_refused(tmp_path: Path) -> None:
    card = dataclasses.replace(SEGMENTER, classes=("lesion", "none"))
    files.save_model(_segmenter(), card, tmp_path / "lesions")
    with pytest.raises(
        ModelError, match="task lesions with the classes lesion, none; known are lesions: none, lesion;"
    ):
        files.load_segmenter(tmp_path / "lesions")
