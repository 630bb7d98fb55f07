"""The network against a count of its parameters by hand and against the same mathematics written out a second time."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from pleura.errors import ModelError
from pleura.models.registry import create_network
from pleura.models.resnet18 import ResNet18


def _parameters(classes: int, width: int) -> int:
    """Convolutions without bias, two numbers a channel of batch norm, one linear layer with bias."""
    count = 49 * width + 2 * width
    channels = width
    for stage in range(4):
        wide = width * 2**stage
        count += 9 * channels * wide + 9 * wide * wide + 4 * wide  # first block
        count += 0 if stage == 0 else channels * wide + 2 * wide  # the way past it
        count += 2 * 9 * wide * wide + 4 * wide  # second block
        channels = wide
    return count + channels * classes + classes


def test_parameters_are_the_published_networks() -> None:
    # 11,689,512 is ResNet-18 with three input channels and ImageNet's 1000 classes.
    by_hand = 11_689_512 - 2 * 64 * 49 - (1000 - 8) * (512 + 1)
    assert by_hand == _parameters(8, 64) == 11_174_344
    assert sum(parameter.numel() for parameter in ResNet18().parameters()) == by_hand
    narrow = create_network("resnet18", classes=8, width=16)
    assert sum(parameter.numel() for parameter in narrow.parameters()) == _parameters(8, 16)


def test_eighteen_layers_with_weights_beside_those_that_fit_shapes() -> None:
    network = ResNet18(width=4)
    kernels = [module.kernel_size for module in network.modules() if isinstance(module, nn.Conv2d)]
    assert kernels.count((7, 7)) == 1
    assert kernels.count((3, 3)) == 16
    assert kernels.count((1, 1)) == 3
    assert sum(isinstance(module, nn.Linear) for module in network.modules()) == 1


def _norm(x: torch.Tensor, name: str, state: dict[str, torch.Tensor]) -> torch.Tensor:
    mean, variance, scale, shift = (
        state[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / (variance + 1e-5).sqrt() * scale + shift


def test_the_published_architecture_written_out_a_second_time() -> None:
    torch.manual_seed(0)
    network = ResNet18(classes=3, width=4).double().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):  # fresh statistics would hide a norm in the wrong place
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.normal_(module.bias)
    state = network.state_dict()
    image = torch.randn(2, 1, 1, 40, 36, dtype=torch.float64)

    x = _norm(functional.conv2d(image[:, :, 0], state["stem.weight"], stride=2, padding=3), "stem_norm", state)
    x = functional.max_pool2d(x.clamp(min=0), 3, stride=2, padding=1)
    for stage in range(4):
        for block in range(2):
            name, stride = f"stages.{stage}.{block}", 2 if stage > 0 and block == 0 else 1
            new = functional.conv2d(x, state[f"{name}.conv1.weight"], stride=stride, padding=1)
            new = _norm(new, f"{name}.norm1", state).clamp(min=0)
            new = _norm(functional.conv2d(new, state[f"{name}.conv2.weight"], padding=1), f"{name}.norm2", state)
            if stride == 2:
                x = x[:, :, ::2, ::2]
                x = _norm(
                    torch.einsum("oi,nihw->nohw", state[f"{name}.past.0.weight"][:, :, 0, 0], x),
                    f"{name}.past.1",
                    state,
                )
            x = (x + new).clamp(min=0)
    logits = x.mean(dim=(2, 3)) @ state["classifier.weight"].T + state["classifier.bias"]

    with torch.inference_mode():
        features = network.forward_features(image)
        torch.testing.assert_close(features, x[:, :, None])
        assert features.shape == (2, 32, 1, 2, 2)
        torch.testing.assert_close(network(image), logits)


def test_several_slices_or_counts_are_refused() -> None:
    network = ResNet18(width=2).eval()
    with pytest.raises(ModelError, match="sees one slice, got 4"):
        network(torch.zeros(1, 1, 4, 32, 32))
    with pytest.raises(ModelError, match="give no counts"):
        network(torch.zeros(1, 1, 1, 32, 32), torch.tensor([1]))


@pytest.mark.parametrize("wrong", [{"classes": 0}, {"width": 0}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="need positive"):
        ResNet18(**wrong)
