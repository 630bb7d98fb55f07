"""The network against a formula for its size and against the same mathematics written out a second time."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from pleura.models.densenet3d import DenseNet3d, DropBlock3d


def _convolution(inputs: int, outputs: int, kernel: int) -> int:
    return inputs * outputs * kernel**3 + outputs


def _norm(channels: int) -> int:
    return 2 * channels


def _layer(channels: int) -> int:
    return _norm(channels) + _convolution(channels, 128, 1) + _norm(128) + _convolution(128, 32, 3)


def test_parameters_follow_the_formula() -> None:
    stem = _convolution(1, 32, 3) + _norm(32)
    stage1 = _layer(32) + _layer(64)
    transition1 = _norm(96) + _convolution(96, 48, 1)
    stage2 = _layer(48) + _layer(80)
    transition2 = _norm(112) + _convolution(112, 56, 1)
    stage3 = _layer(56) + _layer(88)
    head = _norm(120) + 120 * 4 + 4
    total = stem + stage1 + transition1 + stage2 + transition2 + stage3 + head
    assert total == 726_972
    assert sum(parameter.numel() for parameter in DenseNet3d().parameters()) == total


def test_fourteen_convolutions_in_six_dense_and_two_transmit_blocks() -> None:
    network = DenseNet3d()
    assert sum(isinstance(module, nn.Conv3d) for module in network.modules()) == 1 + 14
    assert sum(len(stage) for stage in network.stages) == 6
    assert len(network.transitions) == 2


@pytest.mark.parametrize(("depth", "rows", "columns"), [(16, 32, 32), (8, 20, 12)])
def test_features_lie_on_a_grid_four_times_coarser(depth: int, rows: int, columns: int) -> None:
    network = DenseNet3d().eval()
    with torch.inference_mode():
        features = network.forward_features(torch.zeros(2, 1, depth, rows, columns))
        assert features.shape == (2, 120, depth // 4, rows // 4, columns // 4)
        assert network(torch.zeros(2, 1, depth, rows, columns)).shape == (2, 4)


def _norm_by_hand(x: torch.Tensor, name: str, state: dict[str, torch.Tensor]) -> torch.Tensor:
    shape = (1, -1, 1, 1, 1)
    mean, variance = state[f"{name}.running_mean"].view(shape), state[f"{name}.running_var"].view(shape)
    scale, shift = state[f"{name}.weight"].view(shape), state[f"{name}.bias"].view(shape)
    x = (x - mean) / (variance + 1e-5).sqrt() * scale + shift
    return torch.where(x > 0, x, 0.1 * x)


def _convolve(x: torch.Tensor, name: str, state: dict[str, torch.Tensor], padding: int = 0) -> torch.Tensor:
    return functional.conv3d(x, state[f"{name}.weight"], state[f"{name}.bias"], padding=padding)


def test_the_published_architecture_written_out_a_second_time() -> None:
    torch.manual_seed(0)
    network = DenseNet3d().double().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):  # fresh statistics would hide a norm in the wrong place
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.normal_(module.bias)
    state = network.state_dict()
    image = torch.randn(2, 1, 8, 12, 12, dtype=torch.float64)

    x = _norm_by_hand(_convolve(image, "stem", state, padding=1), "stem_norm", state)
    for stage in range(3):
        for layer in range(2):
            name = f"stages.{stage}.{layer}"
            new = _convolve(_norm_by_hand(x, f"{name}.norm1", state), f"{name}.conv1", state)
            new = _convolve(_norm_by_hand(new, f"{name}.norm2", state), f"{name}.conv2", state, padding=1)
            x = torch.cat([x, new], dim=1)
        if stage < 2:
            x = _convolve(_norm_by_hand(x, f"transitions.{stage}.norm", state), f"transitions.{stage}.conv", state)
            x = x.unfold(2, 2, 2).unfold(3, 2, 2).unfold(4, 2, 2).mean(dim=(-3, -2, -1))
    x = _norm_by_hand(x, "norm", state)
    logits = x.mean(dim=(2, 3, 4)) @ state["classifier.weight"].T + state["classifier.bias"]

    with torch.inference_mode():
        torch.testing.assert_close(network.forward_features(image), x)
        torch.testing.assert_close(network(image), logits)


def test_first_weights_are_kaiming_uniform_over_the_inputs() -> None:
    torch.manual_seed(1)
    network = DenseNet3d()
    weight = network.stages[0][0].conv2.weight
    bound = (6 / (128 * 27)) ** 0.5
    assert weight.abs().max() <= bound
    assert weight.abs().max() > 0.999 * bound
    assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.01)
    assert (network.classifier.bias == 0).all()


def test_training_changes_neither_shape_nor_dtype_in_mixed_precision() -> None:
    network = DenseNet3d(growth=4).to(memory_format=torch.channels_last_3d)
    x = torch.randn(2, 1, 8, 16, 16).contiguous(memory_format=torch.channels_last_3d)
    with torch.autocast("cpu", torch.bfloat16):
        network(x).float().sum().backward()
    gradients = [parameter.grad for parameter in network.parameters()]
    assert all(gradient is not None and gradient.dtype == torch.float32 for gradient in gradients)


def test_drop_block_zeroes_cubes_and_scales_the_rest() -> None:
    torch.manual_seed(2)
    drop = DropBlock3d(0.3, block=3).train()
    y = drop(torch.ones(2, 3, 16, 16, 16))
    zero = y == 0
    assert (zero == zero[:, :1]).all(), "the same cubes in all channels"
    assert 0.1 < zero.float().mean().item() < 0.35
    assert y.mean().item() == pytest.approx(1, abs=1e-5)
    # Every zero lies in a full 3 x 3 x 3 cube of zeros, or at an edge.
    inner = zero[:, :1].float()
    centres = -functional.max_pool3d(-functional.pad(inner, [1] * 6, value=1.0), 3, stride=1)
    grown = functional.max_pool3d(centres, 3, stride=1, padding=1)
    assert (grown >= inner).all()


def test_drop_block_is_off_at_rest_and_at_rate_zero() -> None:
    x = torch.randn(1, 2, 4, 4, 4)
    assert DropBlock3d(0.5).eval()(x) is x
    assert DropBlock3d(0.0).train()(x) is x


@pytest.mark.parametrize("wrong", [{"classes": 0}, {"growth": 0}, {"drop_block": 1.0}, {"drop_block": -0.1}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="need positive"):
        DenseNet3d(**wrong)  # type: ignore[arg-type]
