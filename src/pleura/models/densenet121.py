"""DenseNet-121 at an output stride of 16: slices in, feature maps of three sizes out, for a segmentation network.

A stem, four blocks of densely connected layers, and between each two blocks a transition. The published network halves
the rows and columns five times. Here the last transition does not, and the last block's 3 x 3 convolutions reach twice
as far instead, so that the coarsest maps are 16 times coarser than the slice and each still sees as much of it.

The modules bear the names of the published ImageNet network, so that its weights load; see
`pleura.models.pretrained`.

References
----------
Huang, Liu, van der Maaten, Weinberger (2017), Densely connected convolutional networks, CVPR.
Chen, Papandreou, Schroff, Adam (2017), Rethinking atrous convolution for semantic image segmentation,
arXiv:1706.05587: blocks that reach further instead of striding.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from pleura.models.group_norm import GroupNorm2d

__all__ = ["BLOCKS", "BOTTLENECK", "DenseNet121", "activate", "make_norm"]

BLOCKS = (6, 12, 24, 16)
"""Dense layers of each block."""
BOTTLENECK = 4
"""Channels inside a dense layer, in units of the growth."""


def make_norm(channels: int, groups: int) -> nn.Module:
    """Make the norm that follows or goes before a convolution.

    Parameters
    ----------
    channels : of the maps
    groups : groups of a group norm, or 0 for batch norm

    Raises
    ------
    ValueError
        If the channels cannot be parted into the groups.
    """
    if groups == 0:
        return nn.BatchNorm2d(channels)
    if channels % groups:
        raise ValueError(f"{channels} channels cannot be parted into {groups} groups of a norm")
    return GroupNorm2d(groups, channels)


def activate(x: Tensor) -> Tensor:
    """Set what is negative to zero, in place; only ever after a norm, which does not keep its output."""
    return functional.relu(x, inplace=True)


class Stem(nn.Conv2d):
    """The first convolution, of three input channels that all show the same picture."""

    def __init__(self, outputs: int) -> None:
        super().__init__(3, outputs, kernel_size=7, stride=2, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1, rows, columns) -> (n, outputs, rows / 2, columns / 2).

        A sum over three equal channels is one channel under the sum of their weights, at a third of the work.
        """
        return functional.conv2d(x, self.weight.sum(dim=1, keepdim=True), None, self.stride, self.padding)


class DenseLayer(nn.Module):
    """Through a bottleneck to `growth` new channels, joined to the layer's input."""

    def __init__(self, channels: int, growth: int, *, dilation: int, groups: int) -> None:
        super().__init__()
        wide = BOTTLENECK * growth
        self.norm1 = make_norm(channels, groups)
        self.conv1 = nn.Conv2d(channels, wide, kernel_size=1, bias=False)
        self.norm2 = make_norm(wide, groups)
        self.conv2 = nn.Conv2d(wide, growth, kernel_size=3, padding=dilation, dilation=dilation, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, rows, columns) -> (n, channels + growth, rows, columns)."""
        new = self.conv1(activate(self.norm1(x)))  # (n, 4 * growth, rows, columns)
        new = self.conv2(activate(self.norm2(new)))  # (n, growth, rows, columns)
        return torch.cat([x, new], dim=1)


class Transition(nn.Module):
    """Half the channels; half the rows and columns where `pool` says so."""

    def __init__(self, channels: int, *, pool: bool, groups: int) -> None:
        super().__init__()
        self.norm = make_norm(channels, groups)
        self.conv = nn.Conv2d(channels, channels // 2, kernel_size=1, bias=False)
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, rows, columns) -> (n, channels / 2, rows / 2, columns / 2), or the rows and columns kept."""
        half = cast("Tensor", self.conv(activate(self.norm(x))))
        return functional.avg_pool2d(half, kernel_size=2) if self.pool else half


class DenseNet121(nn.Module):
    """The network as far as its last feature maps; 6,953,856 parameters with the published widths.

    Parameters
    ----------
    growth : channels that each dense layer adds
    stem : channels after the first convolution
    groups : groups of each norm, which is then a group norm; 0 for batch norm, as published

    Raises
    ------
    ValueError
        If a number is out of range or the widths cannot be halved or parted into the groups.
    """

    def __init__(self, *, growth: int = 32, stem: int = 64, groups: int = 0) -> None:
        super().__init__()
        if min(growth, stem) < 1 or groups < 0:
            raise ValueError(
                f"need positive growth and stem and groups of 0 or more, got {growth}, {stem} and {groups}"
            )
        self.conv0 = Stem(stem)
        self.norm0 = make_norm(stem, groups)
        channels = stem
        for block, layers in enumerate(BLOCKS, start=1):
            last = block == len(BLOCKS)
            made = nn.Sequential()
            for layer in range(1, layers + 1):
                dense = DenseLayer(channels, growth, dilation=2 if last else 1, groups=groups)
                made.add_module(f"denselayer{layer}", dense)
                channels += growth
            self.add_module(f"denseblock{block}", made)
            if block == 1:
                self.fine_channels = channels
                """Channels of the fine feature maps."""
            if not last:
                if channels % 2:
                    raise ValueError(
                        f"stem = {stem} and growth = {growth} give {channels} channels after block {block}, which "
                        "cannot be halved"
                    )
                pool = block < len(BLOCKS) - 1
                self.add_module(f"transition{block}", Transition(channels, pool=pool, groups=groups))
                channels //= 2
        self.norm5 = make_norm(channels, groups)
        self.channels = channels
        """Channels of the coarse feature maps."""

    def forward(self, x: Tensor, beside: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Give feature maps of three sizes.

        Parameters
        ----------
        x : slices, (n, 1, rows, columns), in units of a standard deviation; each stands for three equal channels
        beside : what is added to the first convolution's maps, (n, stem, rows / 2, columns / 2)

        Returns
        -------
        Those of the stem, (n, stem, rows / 2, columns / 2), of the first block, (n, fine_channels, rows / 4,
        columns / 4), and of the last, (n, channels, rows / 16, columns / 16).
        """
        first = self.conv0(x) if beside is None else self.conv0(x) + beside
        stem = activate(self.norm0(first))  # (n, 64, rows / 2, columns / 2)
        x = functional.max_pool2d(stem, kernel_size=3, stride=2, padding=1)  # (n, 64, rows / 4, columns / 4)
        x = fine = self._part("denseblock1", x)  # (n, 256, rows / 4, columns / 4)
        x = self._part("denseblock2", self._part("transition1", x))  # (n, 512, rows / 8, columns / 8)
        x = self._part("denseblock3", self._part("transition2", x))  # (n, 1024, rows / 16, columns / 16)
        x = self._part("denseblock4", self._part("transition3", x))  # (n, 1024, rows / 16, columns / 16)
        return stem, fine, activate(self.norm5(x))

    def _part(self, name: str, x: Tensor) -> Tensor:
        return cast("Tensor", getattr(self, name)(x))
