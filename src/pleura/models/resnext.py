"""ResNeXt with weight-standardised convolutions and group norm: slices in, one feature map a slice out.

The modules bear the names of the published ImageNet network, so that its checkpoint loads; see
`pleura.models.pretrained`. Neither group norm nor weight standardisation looks at more than one slice, so that the
features of a slice do not depend on what else is in the batch.

References
----------
Xie, Girshick, Dollar, Tu, He (2017), Aggregated residual transformations for deep neural networks, CVPR.
Qiao, Wang, Liu, Shen, Yuille (2019), Weight standardization, arXiv:1903.10520.
Wu, He (2018), Group normalization, ECCV.
"""

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from pleura.models.group_norm import GroupNorm2d

__all__ = ["DEPTHS", "EPSILON", "Bottleneck", "ResNext", "StandardConv2d", "standardise"]

DEPTHS = {11: (1, 1, 1), 14: (1, 1, 1, 1), 20: (2, 2, 2), 26: (2, 2, 2, 2), 50: (3, 4, 6, 3)}
"""Blocks of each stage, by depth: three convolutions a block, and the first convolution and last layer."""
EPSILON = 1e-5
"""Added to the standard deviation of weights, and to the variance in group norm, as in the published network."""


def standardise(weight: Tensor) -> Tensor:
    """Give each output channel's weights mean 0 and standard deviation 1.

    Parameters
    ----------
    weight : (outputs, inputs of a group, rows, columns)

    Returns
    -------
    The same shape, float32 (float64 from float64): the deviation from the channel's mean over its standard deviation
    plus `EPSILON`. The standard deviation is the sample's (n - 1), as in the published network.
    """
    wide = weight.to(torch.promote_types(weight.dtype, torch.float32))
    spread, mean = torch.std_mean(wide, dim=(1, 2, 3), keepdim=True)
    return (wide - mean) / (spread + EPSILON)


class StandardConv2d(nn.Conv2d):
    """A convolution without bias whose weights are standardised each time they are used."""

    def __init__(self, inputs: int, outputs: int, kernel_size: int, *, stride: int = 1, groups: int = 1) -> None:
        padding = kernel_size // 2
        super().__init__(inputs, outputs, kernel_size, stride=stride, padding=padding, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, rows, columns) -> (n, outputs, rows / stride, columns / stride), rounded up."""
        weight = standardise(self.weight).to(x.dtype)
        return functional.conv2d(x, weight, None, self.stride, self.padding, self.dilation, self.groups)


class StemConv2d(StandardConv2d):
    """The first convolution, of three input channels that all show the same picture."""

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1, rows, columns) -> (n, outputs, rows / 2, columns / 2).

        A sum over three equal channels is one channel under the sum of their weights, at a third of the work.
        """
        weight = standardise(self.weight).sum(dim=1, keepdim=True).to(x.dtype)
        return functional.conv2d(x, weight, None, self.stride, self.padding)


class Bottleneck(nn.Module):
    """A residual block: to the inner width, a grouped convolution there, and to the outer width."""

    def __init__(
        self, inputs: int, inner: int, outputs: int, *, groups: int, norm_groups: int, stride: int = 1
    ) -> None:
        super().__init__()
        self.conv1 = StandardConv2d(inputs, inner, 1)
        self.bn1 = GroupNorm2d(norm_groups, inner)
        self.conv2 = StandardConv2d(inner, inner, 3, stride=stride, groups=groups)
        self.bn2 = GroupNorm2d(norm_groups, inner)
        self.conv3 = StandardConv2d(inner, outputs, 1)
        self.bn3 = GroupNorm2d(norm_groups, outputs)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                StandardConv2d(inputs, outputs, 1, stride=stride), GroupNorm2d(norm_groups, outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, rows, columns) -> (n, outputs, rows / stride, columns / stride), rounded up."""
        new = _activate(self.bn1(self.conv1(x)))  # (n, inner, rows, columns)
        new = _activate(self.bn2(self.conv2(new)))  # (n, inner, rows / stride, columns / stride)
        new = self.bn3(self.conv3(new))  # (n, outputs, rows / stride, columns / stride)
        return _activate(new + (x if self.downsample is None else self.downsample(x)))


class ResNext(nn.Module):
    """The network as far as its last feature maps.

    Parameters
    ----------
    depth : a key of `DEPTHS`
    groups : groups of each 3 x 3 convolution
    group_width : channels of such a group in the first stage; each stage has twice those of the one before
    stem : channels after the first convolution; the first stage gives four times as many, each next one twice that
    norm_groups : groups of each group norm

    Raises
    ------
    ValueError
        If a number is out of range or the widths cannot be parted into the groups.
    """

    def __init__(
        self, *, depth: int = 50, groups: int = 32, group_width: int = 4, stem: int = 64, norm_groups: int = 32
    ) -> None:
        super().__init__()
        if depth not in DEPTHS:
            raise ValueError(f"depth is {depth}; known are {', '.join(map(str, DEPTHS))}")
        if min(groups, group_width, stem, norm_groups) < 1:
            raise ValueError(
                "need positive groups, group_width, stem and norm_groups, got "
                f"{groups}, {group_width}, {stem} and {norm_groups}"
            )
        if stem % norm_groups or groups * group_width % norm_groups:
            raise ValueError(
                f"need stem and groups * group_width to be multiples of norm_groups, got {stem} and "
                f"{groups * group_width} with {norm_groups} groups"
            )
        self.conv1 = StemConv2d(3, stem, 7, stride=2)
        self.bn1 = GroupNorm2d(norm_groups, stem)
        self.stages = len(DEPTHS[depth])
        channels = stem
        for stage, blocks in enumerate(DEPTHS[depth]):
            inner, outputs = groups * group_width * 2**stage, 4 * stem * 2**stage
            made = [
                Bottleneck(
                    channels if block == 0 else outputs,
                    inner,
                    outputs,
                    groups=groups,
                    norm_groups=norm_groups,
                    stride=2 if block == 0 and stage > 0 else 1,
                )
                for block in range(blocks)
            ]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*made))
            channels = outputs
        self.channels = channels
        """Channels of the last feature maps."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.out_channels * math.prod(module.kernel_size)
                nn.init.normal_(module.weight, std=math.sqrt(2 / fan_out))

    def forward(self, x: Tensor) -> Tensor:
        """Give the last feature maps.

        Parameters
        ----------
        x : slices, (n, 1, rows, columns), in units of a standard deviation; each stands for three equal channels

        Returns
        -------
        (n, channels, rows / 32, columns / 32), rounded up; with three stages, / 16.
        """
        x = _activate(self.bn1(self.conv1(x)))  # (n, 64, rows / 2, columns / 2)
        x = functional.max_pool2d(x, kernel_size=3, stride=2, padding=1)  # (n, 64, rows / 4, columns / 4)
        for stage in range(self.stages):
            x = cast("nn.Module", getattr(self, f"layer{stage + 1}"))(x)
        return x  # (n, 2048, rows / 32, columns / 32)


def _activate(x: Tensor) -> Tensor:
    return functional.relu(x, inplace=True)  # only ever after a norm or a sum, which do not keep their output
