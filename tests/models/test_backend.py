import dataclasses
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from models.test_card import CARD
from pleura.errors import MissingExtraError, ModelError
from pleura.models.backend import BACKENDS, backend_version, create_features, create_segment
from pleura.models.files import Model, SegmentationModel, load_model
from pleura.models.openvino_networks import TELEMETRY, compile_features, import_openvino
from pleura.models.predict import predict
from pleura.models.registry import ARCHITECTURES, create_network
from pleura.models.segmenter import Segmenter
from pleura.settings import InputSettings


def _model(seed: int, *, architecture: str = "densenet3d", **arguments: int) -> Model:
    """A network with all of its batch norms off their first values; seeds have ids of their own."""
    settings = InputSettings(size=24, slices=8)
    card = dataclasses.replace(CARD, architecture=architecture, input=settings, arguments={"classes": 4, **arguments})
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = create_network(architecture, **card.arguments)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm3d):
                for tensor in (module.weight, module.running_var):
                    torch.nn.init.uniform_(tensor, 0.5, 2)
                for tensor in (module.bias, module.running_mean):
                    torch.nn.init.uniform_(tensor, -0.5, 0.5)
    return Model(network.eval(), card, f"{architecture}-{sorted(arguments.items())}-{seed}", Path())


def _differences(model: Model, prepared: np.ndarray, **arguments: int) -> tuple[float, float]:
    """Largest difference of the probabilities, and of the features as a share of the largest."""
    ours = predict(model, prepared, seed=0, backend="openvino", **arguments)
    theirs = predict(model, prepared, seed=0, **arguments)
    np.testing.assert_array_equal(ours.subsets, theirs.subsets)
    assert ours.features.shape == theirs.features.shape
    features = (ours.features - theirs.features).abs().max() / theirs.features.abs().max()
    return float(np.abs(ours.probabilities - theirs.probabilities).max()), float(features)


NARROW = {
    "resnext-gru": {"depth": 20, "groups": 4, "group_width": 8, "stem": 16, "norm_groups": 8, "hidden": 16, "chunk": 2}
}
"""Arguments of architectures whose defaults are large."""


CLASSIFIERS = sorted(set(ARCHITECTURES) - {"resnet18", "deeplabv3plus-densenet121"})
"""Those that see several slices at a time."""


@pytest.mark.parametrize("architecture", CLASSIFIERS)
def test_every_architecture_gives_what_torch_gives(architecture: str, rng: np.random.Generator) -> None:
    prepared = rng.integers(-1200, 600, (30, 24, 24)).astype(np.int16)
    model = _model(1, architecture=architecture, **NARROW.get(architecture, {}))
    probabilities, features = _differences(model, prepared)
    assert probabilities < 1e-4
    assert features < 1e-5


def test_the_shipped_model_at_full_size_gives_what_torch_gives(rng: np.random.Generator) -> None:
    shipped = load_model("ucadi-synthetic")
    card = dataclasses.replace(shipped.card, input=InputSettings())
    model = dataclasses.replace(shipped, card=card, id="0" * 64)
    prepared = rng.integers(-1000, 100, (16, 128, 128)).astype(np.int16)
    probabilities, features = _differences(model, prepared, count=1)
    assert probabilities < 1e-4
    assert features < 1e-4


@pytest.mark.parametrize(("groups", "neighbours"), [(0, 0), (2, 0), (0, 1)])
def test_a_segmentation_network_gives_what_torch_gives(groups: int, neighbours: int) -> None:
    arguments = {"classes": 3, "growth": 4, "stem": 8, "aspp": 8, "low_level": 4, "groups": groups}
    arguments["neighbours"] = neighbours
    lungs = ("none", "right-lung", "left-lung")
    card = dataclasses.replace(
        CARD,
        architecture="deeplabv3plus-densenet121",
        task="lungs",
        classes=lungs,
        arguments=arguments,
        input=InputSettings(size=48),
    )
    with torch.random.fork_rng():
        torch.manual_seed(groups)
        network = create_network(card.architecture, Segmenter, **arguments)
        for name, weight in network.named_parameters():
            if name.startswith("beside."):
                torch.nn.init.normal_(weight, std=0.1)  # no say at first
        shown = 1 + 2 * neighbours
        x = torch.randn(5, shown, 48, 48)
        network.train()(x)  # running statistics off their first values
    model = SegmentationModel(network.eval(), card, f"deeplab-{groups}-{neighbours}", Path())
    theirs, ours = (create_segment(model, backend=backend) for backend in ("torch", "openvino"))
    for batch in (5, 2):  # the one compiled network takes any number
        wanted, got = theirs(x[:batch]), ours(x[:batch])
        assert wanted.shape == (batch, 3, 48, 48)
        assert wanted.std() > 0.05
        assert not wanted.requires_grad
        torch.testing.assert_close(got, wanted, rtol=0, atol=1e-3)
    with pytest.raises(ModelError, match=rf"shape \(5, {shown}, 32, 48\); compiled for \[-1, {shown}, 48, 48\]"):
        ours(x[:, :, :32])
    with pytest.raises(ModelError, match=rf"shape \(5, {shown}, 40, 48\); need .* a multiple of 16"):
        theirs(x[:, :, :40])


def test_compiled_once_for_each_model_and_number_of_threads() -> None:
    one, other = _model(1, growth=4), _model(2, growth=4)
    x = torch.linspace(-1, 1, 8 * 24 * 24).reshape(1, 1, 8, 24, 24)
    first = compile_features(one, threads=1)
    assert compile_features(one, threads=1) is first
    assert compile_features(one, threads=2) is not first
    second = compile_features(other, threads=1)
    assert second is not first
    with torch.inference_mode():
        for model, features in ((one, first), (other, second)):
            torch.testing.assert_close(features(x), model.network.forward_features(x), rtol=1e-4, atol=1e-5)


def test_threads_that_share_it_get_their_own_answers() -> None:
    features = compile_features(_model(1, growth=4), threads=1)
    inputs = [torch.full((1, 1, 8, 24, 24), value / 4) for value in range(16)]
    alone = [features(x) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(features, inputs))
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))
    assert not torch.equal(alone[0], alone[1])


def test_what_cannot_be_is_refused() -> None:
    model = _model(1, growth=4)
    with pytest.raises(ModelError, match="known are openvino, torch"):
        create_features(model, backend="onnx")
    with pytest.raises(ModelError, match='on the CPU, not on "cuda"'):
        create_features(model, backend="openvino", device="cuda")
    segmenter = SegmentationModel(None, model.card, model.id, Path())  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="known are openvino, torch"):
        create_segment(segmenter, backend="onnx")
    with pytest.raises(ModelError, match='on the CPU, not on "cuda"'):
        create_segment(segmenter, backend="openvino", device="cuda")


def test_a_missing_package_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r'pip install "pleura\[cpu\]"'):
        create_features(_model(3, growth=4), backend="openvino")


def test_openvino_with_its_reporting_on_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, TELEMETRY, sys)
    with pytest.raises(ModelError, match="would report over the network"):
        import_openvino()


def test_the_backends_versions_are_those_installed() -> None:
    import_openvino()
    assert backend_version("torch").split()[1].split("+")[0] == torch.__version__.split("+")[0]
    assert all(backend_version(name).startswith(f"{name} 2") for name in BACKENDS)


WATCHED = """
import sys
import time

tried = []
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request", "os.fork")


def watch(event, arguments):
    if event in NETWORK:
        tried.append(event)
        raise OSError("not in this test")


sys.addaudithook(watch)
{forbid}
import openvino

{work}
until = time.monotonic() + 2  # it is another thread that sends, from a process of its own
while not tried and time.monotonic() < until:
    time.sleep(0.05)
print(*sorted(set(tried)), flush=True)
"""
CONVERT = """
import pathlib
from pleura.models.files import load_model
from pleura.models.openvino_networks import compile_features

compile_features(load_model("ucadi-synthetic"), threads=1)
"""


def _watched(home: Path, *, ours: bool) -> tuple[str, list[str]]:
    """What a process that uses OpenVINO tries of the network, and the files it leaves in its home."""
    home.mkdir()
    forbid = "from pleura.models.openvino_networks import import_openvino; import_openvino()" if ours else ""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WATCHED.format(forbid=forbid, work=CONVERT if ours else "")],
        capture_output=True,
        text=True,
        check=True,
        env={"HOME": str(home), "PATH": "", "OMP_NUM_THREADS": "1", "https_proxy": "http://127.0.0.1:9"},
    )
    return done.stdout.strip(), [path.name for path in home.rglob("*")]


def test_nothing_is_reported_to_anyone(tmp_path: Path) -> None:
    assert _watched(tmp_path / "ours", ours=True) == ("", [])


def test_openvino_left_to_itself_does_report(tmp_path: Path) -> None:
    """What the test above looks for is there to be found."""
    tried, files = _watched(tmp_path / "theirs", ours=False)
    assert tried
    assert files
