"""UCADI's 3D-DenseNet: slice subsets in, one logit a class out.

The architecture is that of the paper's published code: a stem convolution, three stages of two densely connected
layers (the paper's six dense blocks, 12 convolutions) and two transitions between the stages (its two transmit
blocks, 2 convolutions), global average pooling and a linear layer; 726,972 parameters. Differences: the published
code recomputes activations in the backward pass, which changes nothing but memory; and it has a second DropBlock on
the last features whose rate grows during training, which is left out here.

References
----------
Huang, Liu, van der Maaten, Weinberger (2017), Densely connected convolutional networks, CVPR.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from pleura.errors import ModelError
from pleura.models.classifier import Classifier

__all__ = ["DenseNet3d", "DropBlock3d"]

LEAK = 0.1
"""Slope of the activation for negative inputs."""
EPSILON = 1e-5
"""Added to the variance in batch norm; the paper's "epsilon of 0.00001"."""


class DropBlock3d(nn.Module):
    """Zero random cubes of a feature map in training, the same cubes in all channels.

    Parameters
    ----------
    rate : share of the map to drop, roughly; 0 is off
    block : edge of a cube, odd

    References
    ----------
    Ghiasi, Lin, Le (2018), DropBlock: a regularization method for convolutional networks, NeurIPS.
    """

    def __init__(self, rate: float, block: int = 5) -> None:
        super().__init__()
        self.rate = rate
        self.block = block

    def forward(self, x: Tensor) -> Tensor:
        """Return x with cubes zeroed and the rest scaled up by as much; x itself outside training."""
        if not self.training or self.rate == 0:
            return x
        centres = torch.rand(x.shape[0], 1, *x.shape[2:], device=x.device) < self.rate / self.block**3
        dropped = functional.max_pool3d(centres.float(), self.block, stride=1, padding=self.block // 2)
        kept = 1 - dropped  # (batch, 1, z, y, x)
        return x * (kept * (kept.numel() / kept.sum().clamp(min=1))).to(x.dtype)


class DenseLayer(nn.Module):
    """Bottleneck to bottleneck * growth channels, then growth new ones, joined to the layer's input."""

    def __init__(self, channels: int, growth: int, bottleneck: int) -> None:
        super().__init__()
        wide = bottleneck * growth
        self.norm1 = nn.BatchNorm3d(channels, eps=EPSILON)
        self.conv1 = nn.Conv3d(channels, wide, kernel_size=1)
        self.norm2 = nn.BatchNorm3d(wide, eps=EPSILON)
        self.conv2 = nn.Conv3d(wide, growth, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, z, y, x) -> (batch, channels + growth, z, y, x)."""
        new = self.conv1(_activate(self.norm1(x)))  # (batch, bottleneck * growth, z, y, x)
        new = self.conv2(_activate(self.norm2(new)))  # (batch, growth, z, y, x)
        return torch.cat([x, new], dim=1)


class Transition(nn.Module):
    """Half the channels, half the length along each axis."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm3d(channels, eps=EPSILON)
        self.conv = nn.Conv3d(channels, channels // 2, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, z, y, x) -> (batch, channels / 2, z / 2, y / 2, x / 2)."""
        return functional.avg_pool3d(self.conv(_activate(self.norm(x))), kernel_size=2)


class DenseNet3d(Classifier):
    """The classifier's network.

    Parameters
    ----------
    classes : number of outputs
    growth : channels that each dense layer adds, and channels of the stem
    bottleneck : channels inside a dense layer, in units of `growth`
    stages : groups of dense layers, with a transition between each two
    layers : dense layers in a stage
    drop_block : rate of DropBlock after the stem; 0.1 in the published code, 0 (off) here, since the paper has none

    Raises
    ------
    ValueError
        If a number is out of range.
    """

    def __init__(
        self,
        *,
        classes: int = 4,
        growth: int = 32,
        bottleneck: int = 4,
        stages: int = 3,
        layers: int = 2,
        drop_block: float = 0.0,
    ) -> None:
        super().__init__()
        if min(classes, growth, bottleneck, stages, layers) < 1 or not 0 <= drop_block < 1:
            raise ValueError(
                "need positive classes, growth, bottleneck, stages and layers and 0 <= drop_block < 1, got "
                f"{classes}, {growth}, {bottleneck}, {stages}, {layers} and {drop_block}"
            )
        self.stem = nn.Conv3d(1, growth, kernel_size=3, padding=1)
        self.stem_norm = nn.BatchNorm3d(growth, eps=EPSILON)
        self.drop = DropBlock3d(drop_block)
        self.stages = nn.ModuleList()
        self.transitions = nn.ModuleList()
        channels = growth
        for stage in range(stages):
            if stage > 0:
                self.transitions.append(Transition(channels))
                channels //= 2
            self.stages.append(
                nn.Sequential(*(DenseLayer(channels + i * growth, growth, bottleneck) for i in range(layers)))
            )
            channels += layers * growth
        self.norm = nn.BatchNorm3d(channels, eps=EPSILON)
        self.classifier = nn.Linear(channels, classes)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv3d | nn.Linear):
                nn.init.kaiming_uniform_(module.weight, mode="fan_in")
        nn.init.zeros_(self.classifier.bias)

    def forward_features(self, x: Tensor) -> Tensor:
        """Give the activated features before pooling, on a grid four times coarser than the input.

        Parameters
        ----------
        x : normalised slices, (batch, 1, slices, rows, columns), each length a multiple of 4
        """
        x = self.drop(_activate(self.stem_norm(self.stem(x))))  # (batch, 32, 16, 128, 128)
        x = self.stages[0](x)  # (batch, 96, 16, 128, 128)
        for transition, stage in zip(self.transitions, list(self.stages)[1:], strict=True):
            x = stage(transition(x))  # (batch, 112, 8, 64, 64), then (batch, 120, 4, 32, 32)
        return _activate(self.norm(x))  # (batch, 120, 4, 32, 32)

    def classify(self, features: Tensor, counts: Tensor | None = None) -> Tensor:
        """Give the logits, (batch, classes), for features as `forward_features` gives them.

        Raises
        ------
        ModelError
            If counts are given: a convolution through the slices would see what fills the batch up.
        """
        if counts is not None:
            raise ModelError(
                "densenet3d was given the number of each case's slices, but takes the same number of every case; "
                "give it full subsets and no counts, or use resnext-gru"
            )
        pooled = features.mean(dim=(2, 3, 4), dtype=self.classifier.weight.dtype)  # (batch, 120)
        return cast("Tensor", self.classifier(pooled))  # (batch, classes)


def _activate(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, LEAK, inplace=True)  # only ever after a norm, which keeps its input, not its output
