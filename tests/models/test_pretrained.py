"""The published checkpoints' names and shapes, written by hand here, through conversion and into a network."""

import hashlib
import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.errors import ModelError, OutputError
from pleura.models.deeplab import DeepLabV3Plus
from pleura.models.densenet3d import DenseNet3d
from pleura.models.pretrained import convert_checkpoint, load_pretrained
from pleura.models.slice_gru import SliceGru

STAGES = ((64, 128, 256, 3), (256, 256, 512, 4), (512, 512, 1024, 6), (1024, 1024, 2048, 3))


def _shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the published network, ResNeXt-50 32x4d."""
    shapes: dict[str, tuple[int, ...]] = {"conv1.weight": (64, 3, 7, 7), "bn1.weight": (64,), "bn1.bias": (64,)}
    for stage, (inputs, inner, outputs, blocks) in enumerate(STAGES, start=1):
        for block in range(blocks):
            name = f"layer{stage}.{block}"
            first = inputs if block == 0 else outputs
            shapes[f"{name}.conv1.weight"] = (inner, first, 1, 1)
            shapes[f"{name}.conv2.weight"] = (inner, inner // 32, 3, 3)
            shapes[f"{name}.conv3.weight"] = (outputs, inner, 1, 1)
            for norm, width in (("bn1", inner), ("bn2", inner), ("bn3", outputs)):
                shapes[f"{name}.{norm}.weight"] = shapes[f"{name}.{norm}.bias"] = (width,)
            if block == 0:
                shapes[f"{name}.downsample.0.weight"] = (outputs, inputs, 1, 1)
                shapes[f"{name}.downsample.1.weight"] = shapes[f"{name}.downsample.1.bias"] = (outputs,)
    return shapes | {"fc.weight": (1000, 2048), "fc.bias": (1000,)}


def _published(prefix: str = "module.") -> dict[str, Tensor]:
    """Tensors that differ by name and output channel, and take no room in a file."""
    torch.manual_seed(0)
    return {
        prefix + name: torch.randn(shape[0]).view(-1, *[1] * (len(shape) - 1)).expand(shape)
        for name, shape in _shapes().items()
    }


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint, converted at the command line."""
    folder = tmp_path_factory.mktemp("published")
    torch.save(_published(), folder / "X-50.pth.tar", _use_new_zipfile_serialization=False)  # the format of its time
    words = ["models", "convert", str(folder / "X-50.pth.tar"), str(folder / "x50.safetensors")]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0
    assert (
        done.stderr
        == "ResNeXt-50 32x4d with group norm: 159 tensors, 22979904 parameters; left out: fc.bias, fc.weight\n"
    )
    return folder


def test_the_network_has_the_published_weights_under_the_published_names(converted: Path) -> None:
    network = SliceGru(classes=2, hidden=8)
    head = {name: tensor.clone() for name, tensor in network.state_dict().items() if not name.startswith("backbone.")}
    digest = load_pretrained(network, converted / "x50.safetensors")
    state, published = network.state_dict(), _published("backbone.")
    assert set(published) - set(state) == {"backbone.fc.weight", "backbone.fc.bias"}
    for name, tensor in state.items():
        assert torch.equal(tensor, head[name] if name in head else published[name]), name
    assert digest == hashlib.sha256((converted / "x50.safetensors").read_bytes()).hexdigest()


def test_the_note_says_where_they_came_from(converted: Path) -> None:
    note = tomllib.loads((converted / "x50.toml").read_text(encoding="utf-8"))
    assert note["network"] == "ResNeXt-50 32x4d with group norm"
    assert note["sha256"] == hashlib.sha256((converted / "x50.safetensors").read_bytes()).hexdigest()
    assert note["source"] == {
        "file": "X-50.pth.tar",
        "sha256": hashlib.sha256((converted / "X-50.pth.tar").read_bytes()).hexdigest(),
        "dropped": ["fc.bias", "fc.weight"],
    }
    assert sorted(path.name for path in converted.iterdir()) == ["X-50.pth.tar", "x50.safetensors", "x50.toml"]


def test_weights_that_do_not_fit_the_network_are_refused(converted: Path, tmp_path: Path) -> None:
    narrow = SliceGru(depth=14, groups=2, group_width=4, stem=8, norm_groups=4, hidden=4)
    with pytest.raises(ModelError, match="the published weights are of depth 50 with 32 groups of 4"):
        load_pretrained(narrow, converted / "x50.safetensors")
    with pytest.raises(ModelError, match="for architectures resnext-gru and deeplabv3plus-densenet121, not DenseNet3d"):
        load_pretrained(DenseNet3d(), converted / "x50.safetensors")
    line = f"convert it once with: pleura models convert {converted / 'X-50.pth.tar'} X-50.safetensors"
    with pytest.raises(ModelError, match=re.escape(line)):
        load_pretrained(narrow, converted / "X-50.pth.tar")
    with pytest.raises(ModelError, match="cannot read "):
        load_pretrained(narrow, tmp_path / "none.safetensors")
    before = {name: tensor.clone() for name, tensor in narrow.backbone.state_dict().items()}
    safetensors.torch.save_file({**before, "bn1.bias": before["bn1.bias"] * torch.nan}, tmp_path / "nan.safetensors")
    with pytest.raises(ModelError, match=r"bn1\.bias is not finite"):
        load_pretrained(narrow, tmp_path / "nan.safetensors")
    assert all(torch.equal(tensor, before[name]) for name, tensor in narrow.backbone.state_dict().items())


def _without(name: str) -> Callable[[dict[str, Tensor]], object]:
    return lambda state: {key: tensor for key, tensor in state.items() if key != name}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without("module.layer4.2.bn3.bias"), "1 tensors are missing, first layer4.2.bn3.bias"),
        (lambda state: state | {"module.layer5.weight": torch.ones(1)}, "1 tensors do not belong .* layer5.weight"),
        (
            lambda state: state | {"module.layer1.0.conv2.weight": torch.ones(128, 128, 3, 3)},
            r"layer1.0.conv2.weight has shape \[128, 128, 3, 3\]; the architecture has \[128, 4, 3, 3\]",
        ),
        (lambda state: state | {"module.bn1.bias": torch.full((64,), torch.inf)}, "bn1.bias is not finite"),
        (lambda state: state | {"module.bn1.bias": torch.ones(64, dtype=torch.int64)}, "need tensors of real numbers"),
        (lambda state: state | {"epoch": 3}, "holds 'epoch', a int"),
        (lambda state: state | {"bn1.bias": torch.ones(64)}, '161 of 162 names with "module."; need all of them'),
        (lambda state: list(state), "holds a list; need tensors by name"),
        (lambda state: {"state_dict": 3}, "holds 'state_dict', a int"),
    ],
)
def test_what_is_not_the_published_network_is_refused_by_name(
    change: Callable[[dict[str, Tensor]], object], message: str, tmp_path: Path
) -> None:
    torch.save(change(_published()), tmp_path / "x.pth")
    with pytest.raises(ModelError, match=message):
        convert_checkpoint(tmp_path / "x.pth", tmp_path / "x.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["x.pth"]


class _Program:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("modern", [True, False])
def test_a_program_in_a_pickle_is_refused_and_does_not_run(modern: bool, tmp_path: Path) -> None:
    state = {**_published(), "module.bn1.bias": _Program(tmp_path / "ran")}
    torch.save(state, tmp_path / "x.pth", _use_new_zipfile_serialization=modern)
    with pytest.raises(ModelError, match="cannot be read as tensors only, and nothing else in it was run") as refused:
        convert_checkpoint(tmp_path / "x.pth", tmp_path / "x.safetensors")
    assert "weights_only" not in str(refused.value)  # torch's advice would run what is in the file
    assert [path.name for path in tmp_path.iterdir()] == ["x.pth"]
    torch.load(tmp_path / "x.pth", weights_only=False)
    assert (tmp_path / "ran").is_dir(), "with the reader that trusts, it would have run"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", b"<html>not found</html>", bytes(4096)])
def test_what_is_no_checkpoint_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pth").write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read as tensors only"):
        convert_checkpoint(tmp_path / "x.pth", tmp_path / "x.safetensors")


def test_the_new_file_is_named_for_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"does not end in \.safetensors"):
        convert_checkpoint(tmp_path / "x.pth", tmp_path / "x.pt")
    with pytest.raises(ModelError, match="cannot read "):
        convert_checkpoint(tmp_path / "x.pth", tmp_path / "x.safetensors")


def test_a_training_state_holds_them_under_one_name(tmp_path: Path) -> None:
    torch.save({"epoch": 90, "state_dict": _published("")}, tmp_path / "x.pth")
    made = convert_checkpoint(tmp_path / "x.pth", tmp_path / "x.safetensors")
    assert (made.tensors, made.dropped) == (159, ("fc.bias", "fc.weight"))


def _densenet_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the published DenseNet-121, but for its classifier."""
    shapes: dict[str, tuple[int, ...]] = {"features.conv0.weight": (64, 3, 7, 7)}

    def norm(name: str, width: int) -> None:
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"features.{name}.{part}"] = (width,)

    norm("norm0", 64)
    for block, (inputs, layers) in enumerate(((64, 6), (128, 12), (256, 24), (512, 16)), start=1):
        for layer in range(layers):
            name, width = f"denseblock{block}.denselayer{layer + 1}", inputs + 32 * layer
            norm(f"{name}.norm1", width)
            shapes[f"features.{name}.conv1.weight"] = (128, width, 1, 1)
            norm(f"{name}.norm2", 128)
            shapes[f"features.{name}.conv2.weight"] = (32, 128, 3, 3)
        width = inputs + 32 * layers
        if block < 4:
            norm(f"transition{block}.norm", width)
            shapes[f"features.transition{block}.conv.weight"] = (width // 2, width, 1, 1)
    norm("norm5", 1024)
    return shapes


def _densenet(*, old: bool) -> dict[str, Tensor]:
    """As torchvision publishes it; older files have a dot more in some names, and no counters."""
    torch.manual_seed(1)
    state = {
        name: torch.randn(shape[0]).view(-1, *[1] * (len(shape) - 1)).expand(shape)
        for name, shape in _densenet_shapes().items()
    }
    if old:
        state = {re.sub(r"(denselayer.*\.(norm|conv))([12])", r"\1.\3", name): value for name, value in state.items()}
    else:
        counted = [name for name in state if name.endswith("running_var")]
        state |= {name.replace("running_var", "num_batches_tracked"): torch.tensor(7) for name in counted}
    return state | {"classifier.weight": torch.zeros(1).expand(1000, 1024), "classifier.bias": torch.zeros(1000)}


@pytest.mark.parametrize("old", [True, False])
def test_densenet_121_goes_into_the_segmentation_network(old: bool, tmp_path: Path) -> None:
    torch.save(_densenet(old=old), tmp_path / "densenet121.pth")
    made = convert_checkpoint(tmp_path / "densenet121.pth", tmp_path / "densenet121.safetensors")
    assert made.network == "DenseNet-121 with batch norm"
    assert made.dropped == ("classifier.bias", "classifier.weight")
    statistics = sum(2 * shape[0] for name, shape in _densenet_shapes().items() if name.endswith("running_var"))
    assert made.parameters - statistics == 6_953_856  # without the classifier's 1,025,000 of the published 7,978,856

    network = DeepLabV3Plus(classes=3, aspp=8, low_level=4)
    rest = {n: t.clone() for n, t in network.state_dict().items() if not n.startswith("backbone.")}
    load_pretrained(network, tmp_path / "densenet121.safetensors")
    published = {name.replace("features.", "backbone."): value for name, value in _densenet(old=False).items()}
    for name, tensor in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            assert tensor == 0
        else:
            assert torch.equal(tensor, rest[name] if name in rest else published[name]), name


def test_densenet_121_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    torch.save(_densenet(old=True), tmp_path / "d.pth")
    convert_checkpoint(tmp_path / "d.pth", tmp_path / "d.safetensors")
    with pytest.raises(
        ModelError, match=r"running_mean; the published weights are of growth 32 and stem 64 with batch"
    ):
        load_pretrained(DeepLabV3Plus(aspp=8, low_level=8, groups=8), tmp_path / "d.safetensors")
    with pytest.raises(ModelError, match=r"norm0.bias has shape \[64\]; the architecture has \[16\]|conv0.weight has"):
        load_pretrained(DeepLabV3Plus(growth=8, stem=16, aspp=8, low_level=8), tmp_path / "d.safetensors")
    with pytest.raises(ModelError, match="published weights are of depth 50"):
        load_pretrained(SliceGru(hidden=4), tmp_path / "d.safetensors")
    state = _densenet(old=True)
    del state["features.norm5.bias"]
    torch.save(state, tmp_path / "d.pth")
    with pytest.raises(
        ModelError, match=r"is not DenseNet-121 with batch norm: 1 tensors are missing, first norm5\.bias"
    ):
        convert_checkpoint(tmp_path / "d.pth", tmp_path / "x.safetensors")


def test_another_network_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    torch.save({"blocks.0.weight": torch.ones(3)}, tmp_path / "x.pth")
    with pytest.raises(ModelError, match="known here: ResNeXt-50 32x4d with group norm; DenseNet-121 with batch norm"):
        convert_checkpoint(tmp_path / "x.pth", tmp_path / "x.safetensors")
