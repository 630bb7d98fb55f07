"""The slice network's ResNeXt against counts by hand and the same mathematics written out a second time."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from pleura.models.resnext import ResNext, StandardConv2d, standardise

NARROW = {"depth": 20, "groups": 2, "group_width": 4, "stem": 8, "norm_groups": 4}


def _block(inputs: int, inner: int, outputs: int, *, shortcut: bool) -> int:
    convolutions = inputs * inner + inner * (inner // 32) * 9 + inner * outputs
    return convolutions + 2 * (inner + inner + outputs) + (inputs * outputs + 2 * outputs if shortcut else 0)


def test_parameters_follow_the_formula() -> None:
    total = 3 * 64 * 7 * 7 + 2 * 64
    for inputs, inner, outputs, blocks in (
        (64, 128, 256, 3),
        (256, 256, 512, 4),
        (512, 512, 1024, 6),
        (1024, 1024, 2048, 3),
    ):
        total += _block(inputs, inner, outputs, shortcut=True)
        total += (blocks - 1) * _block(outputs, inner, outputs, shortcut=False)
    assert total + 2048 * 1000 + 1000 == 25_028_904, "what is published for ResNeXt-50 32x4d with its last layer"
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in ResNext().parameters()) == total == 22_979_904


def _normed(x: torch.Tensor, groups: int, name: str, state: dict[str, torch.Tensor]) -> torch.Tensor:
    n, channels, rows, columns = x.shape
    parts = x.reshape(n, groups, -1)
    parts = (parts - parts.mean(2, keepdim=True)) / (parts.var(2, correction=0, keepdim=True) + 1e-5).sqrt()
    shape = (1, channels, 1, 1)
    whole = parts.reshape(n, channels, rows, columns)
    return whole * state[f"{name}.weight"].view(shape) + state[f"{name}.bias"].view(shape)


def _convolved(x: torch.Tensor, name: str, state: dict[str, torch.Tensor], stride: int = 1) -> torch.Tensor:
    weight = state[f"{name}.weight"]
    flat = weight.flatten(1)
    weight = ((flat - flat.mean(1, keepdim=True)) / (flat.std(1, keepdim=True) + 1e-5)).view_as(weight)
    groups = x.shape[1] // weight.shape[1]
    return functional.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2, groups=groups)


def test_the_network_is_the_same_mathematics_written_out_a_second_time() -> None:
    torch.manual_seed(0)
    network = ResNext(**NARROW).double()
    state = network.state_dict()
    for tensor in state.values():
        if tensor.ndim == 1:  # the norms, off their first values
            torch.nn.init.uniform_(tensor, 0.5, 1.5)
    single = torch.randn(3, 1, 40, 33, dtype=torch.float64)
    x = single.expand(-1, 3, -1, -1)  # three equal channels
    x = functional.max_pool2d(_normed(_convolved(x, "conv1", state, 2), 4, "bn1", state).relu(), 3, 2, 1)
    for stage in (1, 2, 3):
        for block in (0, 1):
            name, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            new = _normed(_convolved(x, f"{name}.conv1", state), 4, f"{name}.bn1", state).relu()
            new = _normed(_convolved(new, f"{name}.conv2", state, stride), 4, f"{name}.bn2", state).relu()
            new = _normed(_convolved(new, f"{name}.conv3", state), 4, f"{name}.bn3", state)
            if block == 0:
                x = _normed(_convolved(x, f"{name}.downsample.0", state, stride), 4, f"{name}.downsample.1", state)
            x = (new + x).relu()
    assert x.shape == (3, 128, 3, 3)
    torch.testing.assert_close(network(single), x, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_weights_are_standardised_as_the_formula_says(dtype: torch.dtype) -> None:
    weight = (torch.randn(6, 3, 5, 5) * torch.linspace(0.01, 3, 6)[:, None, None, None] + 0.4).to(dtype)
    exact = np.asarray(weight.double()).reshape(6, -1)
    spread = np.sqrt(((exact - exact.mean(1, keepdims=True)) ** 2).sum(1, keepdims=True) / (75 - 1))
    expected = (exact - exact.mean(1, keepdims=True)) / (spread + 1e-5)
    found = standardise(weight)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.flatten(1).numpy(), expected, atol=2e-4)


def test_a_convolution_in_bfloat16_has_statistics_in_float32() -> None:
    torch.manual_seed(1)
    convolution = StandardConv2d(16, 8, 3)
    with torch.no_grad():
        convolution.weight += 10  # in bfloat16 steps of 1/16, so that its deviations would be lost
    x = torch.randn(2, 16, 9, 9)
    expected = functional.conv2d(x, standardise(convolution.weight), padding=1)
    with torch.autocast("cpu", torch.bfloat16):
        found = convolution(x)
    assert found.dtype == torch.bfloat16
    assert (found.float() - expected).abs().max() / expected.abs().max() < 0.01


def test_a_slice_does_not_depend_on_the_others() -> None:
    torch.manual_seed(2)
    network = ResNext(**NARROW)
    x = torch.randn(3, 1, 32, 32)
    alone = network(x[1:2])
    x[0], x[2] = 100, -100
    torch.testing.assert_close(network(x)[1:2], alone, rtol=1e-5, atol=1e-6)


def test_widths_and_depths_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="depth is 18; known are 11, 14, 20, 26, 50"):
        ResNext(depth=18)
    with pytest.raises(ValueError, match="multiples of norm_groups, got 16 and 128 with 32 groups"):
        ResNext(stem=16)
    with pytest.raises(ValueError, match="need positive groups"):
        ResNext(groups=0)
