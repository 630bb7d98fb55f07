import pytest
import torch

from pleura.models.densenet3d import DenseNet3d
from pleura.settings import OptimiserSettings
from pleura.training.optimiser import create_optimiser, decay_groups


def test_only_convolution_and_linear_weights_decay() -> None:
    network = DenseNet3d()
    decayed, kept = decay_groups(network)
    assert len(decayed) == 15 + 1
    assert set(decayed) | set(kept) == set(dict(network.named_parameters()))
    assert not set(decayed) & set(kept)
    assert all(name.endswith(".weight") and "norm" not in name for name in decayed)
    assert all(name.endswith(".bias") or "norm" in name for name in kept)


def test_two_steps_by_hand() -> None:
    network = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(network.weight, 2.0)
    torch.nn.init.constant_(network.bias, 1.0)
    settings = OptimiserSettings(learning_rate=0.1, momentum=0.5, weight_decay=0.25)
    optimiser = create_optimiser(network, settings)
    weight = bias = None
    for _ in range(2):
        optimiser.zero_grad()
        network(torch.ones(1, 1)).sum().backward()  # both gradients are 1
        optimiser.step()
        weight, bias = network.weight.item(), network.bias.item()
    # Weight: v = 1 + 0.25 * 2 = 1.5, w = 1.85; v = 0.75 + 1 + 0.4625 = 2.2125, w = 1.62875. Bias without decay.
    assert weight == pytest.approx(1.62875)
    assert bias == pytest.approx(1 - 0.1 - 0.15)


def test_a_step_of_adamw_by_hand() -> None:
    network = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(network.weight, 2.0)
    torch.nn.init.constant_(network.bias, 1.0)
    optimiser = create_optimiser(network, OptimiserSettings(kind="adamw", learning_rate=0.1, weight_decay=0.25))
    network(torch.ones(1, 1)).sum().backward()  # both gradients are 1: the first step is the rate itself
    optimiser.step()
    assert network.weight.item() == pytest.approx(2.0 * (1 - 0.1 * 0.25) - 0.1, abs=1e-6)
    assert network.bias.item() == pytest.approx(0.9, abs=1e-6)
