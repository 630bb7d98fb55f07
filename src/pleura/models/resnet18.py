"""ResNet-18 for one slice: a normalised axial slice in, one logit a class out.

A stem of a 7 x 7 convolution and a 3 x 3 maximum, each of stride 2; four stages of two blocks, the first block of
every stage but the first of stride 2; global average pooling and a linear layer. A block is two 3 x 3 convolutions,
each with batch norm, beside the identity, or beside a 1 x 1 convolution where the shape changes. At the width of 64 it
is the published network but for its one input channel.

References
----------
He, Zhang, Ren, Sun (2016), Deep residual learning for image recognition, CVPR, arXiv:1512.03385, table 1.
"""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from pleura.errors import ModelError
from pleura.models.classifier import Classifier

__all__ = ["ResNet18"]

_STAGES = 4
_BLOCKS = 2


class Block(nn.Module):
    """Two convolutions and a way past them."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, kernel_size=3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.past: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.past = nn.Sequential(
                nn.Conv2d(inputs, outputs, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, y, x) -> (batch, outputs, y / stride, x / stride)."""
        new = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.norm2(self.conv2(new)) + self.past(x))


class ResNet18(Classifier):
    """The slice cleaner's network.

    Parameters
    ----------
    classes : number of outputs
    width : channels of the first stage, doubled from stage to stage; 64 in the published network

    Raises
    ------
    ValueError
        If a number is out of range.
    """

    def __init__(self, *, classes: int = 8, width: int = 64) -> None:
        super().__init__()
        if min(classes, width) < 1:
            raise ValueError(f"need positive classes and width, got {classes} and {width}")
        self.stem = nn.Conv2d(1, width, kernel_size=7, stride=2, padding=3, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        self.stages = nn.ModuleList()
        channels = width
        for stage in range(_STAGES):
            wide = width * 2**stage
            blocks = [Block(channels, wide, 1 if stage == 0 else 2)]
            blocks += [Block(wide, wide, 1) for _ in range(_BLOCKS - 1)]
            self.stages.append(nn.Sequential(*blocks))
            channels = wide
        self.classifier = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward_features(self, x: Tensor) -> Tensor:
        """Give the features before pooling, on a grid 32 times coarser.

        Parameters
        ----------
        x : normalised slices, one an example, (batch, 1, 1, rows, columns)

        Returns
        -------
        (batch, 8 * width, 1, rows / 32, columns / 32), rounded up.

        Raises
        ------
        ModelError
            If an example has more than one slice.
        """
        if x.shape[2] != 1:
            raise ModelError(
                f"resnet18 sees one slice, got {x.shape[2]}; give an input of (batch, 1, 1, rows, columns)"
            )
        flat = functional.relu(self.stem_norm(self.stem(x[:, :, 0])))  # (batch, 64, rows / 2, columns / 2)
        flat = functional.max_pool2d(flat, kernel_size=3, stride=2, padding=1)  # (batch, 64, rows / 4, columns / 4)
        for stage in self.stages:
            flat = stage(flat)  # (batch, 64, / 4), (batch, 128, / 8), (batch, 256, / 16), (batch, 512, / 32)
        return flat[:, :, None]

    def classify(self, features: Tensor, counts: Tensor | None = None) -> Tensor:
        """Give the logits, (batch, classes), for features as `forward_features` gives them.

        Raises
        ------
        ModelError
            If counts are given: an example is one slice.
        """
        if counts is not None:
            raise ModelError("resnet18 was given the number of each case's slices, but sees one; give no counts")
        pooled = features.mean(dim=(2, 3, 4), dtype=self.classifier.weight.dtype)  # (batch, 512)
        return cast("Tensor", self.classifier(pooled))  # (batch, classes)
