from pathlib import Path

import pytest
import torch

from pleura.errors import OutputError, RecipeError
from pleura.models.densenet3d import DenseNet3d
from pleura.settings import OptimiserSettings
from pleura.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from pleura.training.optimiser import create_optimiser


def _pair(seed: int, growth: int = 4, kind: str = "sgd") -> tuple[DenseNet3d, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    network = DenseNet3d(growth=growth)
    return network, create_optimiser(network, OptimiserSettings(kind=kind))


def _step(network: DenseNet3d, optimiser: torch.optim.Optimizer) -> None:
    torch.manual_seed(9)
    optimiser.zero_grad()
    network(torch.randn(2, 1, 4, 8, 8)).square().sum().backward()
    optimiser.step()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    network, optimiser = _pair(0)
    _step(network, optimiser)
    progress = Progress(run="r", epoch=3, history=[{"epoch": 1.0, "train_loss": 0.1}], best_epoch=2, best_loss=0.25)
    save_checkpoint(tmp_path / "c", network, optimiser, progress, {"norm.bias": torch.ones(3)})
    return tmp_path / "c"


def test_everything_comes_back(saved: Path) -> None:
    network, optimiser = _pair(1)
    progress, best = load_checkpoint(saved, network, optimiser, "r")
    assert progress == Progress("r", 3, [{"epoch": 1.0, "train_loss": 0.1}], 2, 0.25)
    assert list(best) == ["norm.bias"]
    other_network, other_optimiser = _pair(0)
    _step(other_network, other_optimiser)
    for pair in ((network, optimiser), (other_network, other_optimiser)):
        _step(*pair)  # needs weights, statistics and momentum alike
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, other_network.state_dict()[name]), name


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_an_optimiser_goes_on_as_if_it_had_not_stopped(kind: str, tmp_path: Path) -> None:
    network, optimiser = _pair(0, kind=kind)
    for _ in range(3):
        _step(network, optimiser)
    save_checkpoint(tmp_path / "c", network, optimiser, Progress(run="r"), {})
    fresh = _pair(1, kind=kind)
    load_checkpoint(tmp_path / "c", *fresh, "r")
    for pair in ((network, optimiser), fresh):
        _step(*pair)
        _step(*pair)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, fresh[0].state_dict()[name]), name


def test_a_first_checkpoint_knows_no_best_loss(tmp_path: Path) -> None:
    network, optimiser = _pair(0)
    save_checkpoint(tmp_path / "c", network, optimiser, Progress(run="r"), {})
    progress, best = load_checkpoint(tmp_path / "c", network, optimiser, "r")
    assert progress.best_loss == float("inf")
    assert best == {}


def test_one_file_and_nothing_beside_it(saved: Path) -> None:
    assert [path.name for path in saved.parent.iterdir()] == ["c"]


def test_a_place_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*/c: "):
        save_checkpoint(tmp_path / "absent" / "c", *_pair(0), Progress(run="r"), {})


@pytest.mark.parametrize("kept", [0, 5, 200, -1])
def test_a_damaged_checkpoint_is_refused(saved: Path, kept: int) -> None:
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(RecipeError, match="is damaged"):
        load_checkpoint(saved, *_pair(0), "r")


def test_a_checkpoint_of_another_run_or_network_is_refused(saved: Path) -> None:
    with pytest.raises(RecipeError, match="is of another run"):
        load_checkpoint(saved, *_pair(0), "s")
    with pytest.raises(RecipeError, match="does not fit the network"):
        load_checkpoint(saved, *_pair(0, growth=8), "r")
    with pytest.raises(RecipeError, match="nothing to resume"):
        load_checkpoint(saved.with_name("d"), *_pair(0), "r")
