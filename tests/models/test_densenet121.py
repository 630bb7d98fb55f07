"""The encoder: its stages' shapes, how far each coarse pixel sees, its parameters counted by hand."""

import pytest
import torch
from torch import Tensor, nn

from pleura.models.densenet121 import DenseLayer, DenseNet121
from pleura.models.group_norm import GroupNorm2d


def test_parameters_are_those_of_the_paper() -> None:
    with torch.device("meta"):
        made = sum(parameter.numel() for parameter in DenseNet121().parameters())
    count = 7 * 7 * 3 * 64 + 2 * 64  # the stem and its norm
    channels = 64
    for layers in (6, 12, 24, 16):
        for _ in range(layers):
            count += 2 * channels + channels * 128 + 2 * 128 + 9 * 128 * 32
            channels += 32
        if layers != 16:
            count += 2 * channels + channels * (channels // 2)
            channels //= 2
    assert channels == 1024
    assert made == count + 2 * channels == 6_953_856


def test_each_stage_is_as_much_coarser_as_it_should_be() -> None:
    torch.manual_seed(0)
    network = DenseNet121(growth=2, stem=4).eval()
    seen: dict[str, tuple[int, ...]] = {}
    for name, module in network.named_children():
        module.register_forward_hook(lambda _m, _i, out, name=name: seen.update({name: tuple(out.shape[1:])}))
    stem, fine, coarse = network(torch.randn(2, 1, 64, 96))
    assert seen == {
        "conv0": (4, 32, 48),
        "norm0": (4, 32, 48),
        "denseblock1": (16, 16, 24),
        "transition1": (8, 8, 12),
        "denseblock2": (32, 8, 12),
        "transition2": (16, 4, 6),
        "denseblock3": (64, 4, 6),
        "transition3": (32, 4, 6),
        "denseblock4": (64, 4, 6),
        "norm5": (64, 4, 6),
    }
    assert stem.shape == (2, 4, 32, 48)
    assert fine.shape == (2, network.fine_channels, 16, 24)
    assert coarse.shape == (2, network.channels, 4, 6)


def _pointwise(network: DenseNet121) -> None:
    """Leave of each 3 x 3 convolution of a dense layer only what looks at its own pixel."""
    for module in network.modules():
        if isinstance(module, DenseLayer):
            kept = module.conv2.weight.data[:, :, 1, 1].clone()
            module.conv2.weight.data.zero_()
            module.conv2.weight.data[:, :, 1, 1] = kept


def _reached(network: DenseNet121, row: int, column: int) -> Tensor:
    """Which pixels of a slice of 192 x 192 a coarse pixel's gradient reaches, over several random slices."""
    x = torch.randn(4, 1, 192, 192, requires_grad=True)
    network(x)[2][:, :, row, column].square().sum().backward()
    assert x.grad is not None
    return x.grad.abs().sum(dim=(0, 1)) > 0


def _span(reached: Tensor) -> list[int]:
    """Rows that are reached, as starts and ends of runs."""
    rows = torch.nn.functional.pad(reached.any(dim=1).int(), (1, 1))
    return (rows.diff() != 0).nonzero().flatten().tolist()


def test_a_coarse_pixel_sees_what_its_stride_and_dilation_say() -> None:
    """By hand: the stem sees 2 r - 3 to 2 r + 3; the maximum 4 r - 5 to 4 r + 5; two means, 16 r - 5 to 16 r + 17."""
    torch.manual_seed(1)
    network = DenseNet121(growth=4, stem=8).eval()
    _pointwise(network)
    last = network.get_submodule("denseblock4.denselayer16.conv2")
    third = network.get_submodule("denseblock3.denselayer24.conv2")
    assert isinstance(last, nn.Conv2d)
    assert isinstance(third, nn.Conv2d)
    reached = _reached(network, 5, 6)
    assert _span(reached) == [16 * 5 - 5, 16 * 5 + 17 + 1]
    assert _span(reached.T) == [16 * 6 - 5, 16 * 6 + 17 + 1]
    nn.init.normal_(last.weight)  # looks two coarse pixels to each side: the gaps of 9 pixels between are not seen
    bounds = [bound for r in (3, 5, 7) for bound in (16 * r - 5, 16 * r + 17 + 1)]
    assert _span(_reached(network, 5, 6)) == bounds
    _pointwise(network)
    nn.init.normal_(third.weight)  # looks one coarse pixel to each side
    assert _span(_reached(network, 5, 6)) == [16 * 4 - 5, 16 * 6 + 17 + 1]


def test_one_channel_stands_for_three_equal_ones() -> None:
    torch.manual_seed(2)
    stem = DenseNet121(growth=2, stem=4).conv0
    x = torch.randn(2, 1, 32, 32)
    three = torch.nn.functional.conv2d(x.repeat(1, 3, 1, 1), stem.weight, stride=2, padding=3)
    torch.testing.assert_close(stem(x), three)


def test_with_groups_every_norm_is_a_group_norm() -> None:
    network = DenseNet121(growth=4, stem=8, groups=4)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert sum(isinstance(module, GroupNorm2d) for module in network.modules()) == 2 * 58 + 3 + 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"growth": 0}, "need positive growth"),
        ({"groups": -1}, "groups of 0 or more"),
        ({"growth": 4, "stem": 6, "groups": 4}, "6 channels cannot be parted into 4 groups"),
        ({"growth": 4, "stem": 5}, "29 channels after block 1, which cannot be halved"),
    ],
)
def test_widths_that_do_not_fit_are_refused(arguments: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        DenseNet121(**arguments)
