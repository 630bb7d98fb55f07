"""DeepLabV3+ on DenseNet-121: normalised slices in, one logit a class for each pixel out.

The network's coarse feature maps, 16 times coarser than the slice, go through five branches side by side, which see
neighbourhoods of different width up to the whole slice (atrous spatial pyramid pooling). What they find is brought to a
quarter of the slice's size, joined to the fine maps of the network's first block, refined by two convolutions, and
brought to the slice's own size.

With `edges` the last step is another one, which the paper does not have: at half the slice's size the maps of the
network's stem are joined to what was found, and four numbers a class are given for each such pixel, one for each of the
slice's pixels in it. Of a small slice, a quarter of its size is too coarse a grid to draw a lesion's border on.

With `neighbours`, which the paper does not have either, the slices next to a slice are seen with it, through a
convolution of their own whose maps are added to those of the network's first one. Its weights begin at zero, so that
a network that knew single slices begins with what it knew.

As in the paper, 3 x 3 convolutions of the branches and of the decoder are separable, each half with a norm of its own.
One thing differs: the branch that sees the whole slice has a bias instead of a norm. Batch norm has one number a slice
and channel to go by there, none with a batch of one slice, and its running statistics would be the noisiest of all.

References
----------
Chen, Zhu, Papandreou, Schroff, Adam (2018), Encoder-decoder with atrous separable convolution for semantic image
segmentation, ECCV, arXiv:1802.02611.
Shi et al. (2016), Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural
network, CVPR, arXiv:1609.05158: four numbers a pixel in place of enlarging.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from pleura.models.densenet121 import DenseNet121, activate, make_norm
from pleura.models.segmenter import Segmenter

__all__ = ["OPTIONAL", "RATES", "DeepLabV3Plus"]

OPTIONAL = ("beside.", "classifier.", "sharpen.")
"""How the names of those tensors begin that depend on `neighbours`, and on `edges`: they may begin afresh in a network
whose other weights come from another one."""

RATES = (6, 12, 18)
"""How far the 3 x 3 convolutions of the pyramid's branches reach, in coarse pixels; the paper's for a stride of 16."""


class Convolution(nn.Module):
    """A convolution, a norm and a ReLU; rows and columns stay."""

    def __init__(
        self, inputs: int, outputs: int, kernel_size: int, *, groups: int, dilation: int = 1, depthwise: bool = False
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            inputs,
            outputs,
            kernel_size,
            padding=dilation * (kernel_size // 2),
            dilation=dilation,
            groups=inputs if depthwise else 1,
            bias=False,
        )
        self.norm = make_norm(outputs, groups)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, rows, columns) -> (n, outputs, rows, columns)."""
        return activate(self.norm(self.conv(x)))


class SeparableConvolution(nn.Sequential):
    """3 x 3 within each channel, then 1 x 1 across them."""

    def __init__(self, inputs: int, outputs: int, *, groups: int, dilation: int = 1) -> None:
        super().__init__(
            Convolution(inputs, inputs, 3, groups=groups, dilation=dilation, depthwise=True),
            Convolution(inputs, outputs, 1, groups=groups),
        )


class Pyramid(nn.Module):
    """Atrous spatial pyramid pooling: five branches side by side, and a 1 x 1 convolution of what they give."""

    def __init__(self, inputs: int, outputs: int, *, groups: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList([Convolution(inputs, outputs, 1, groups=groups)])
        for rate in RATES:
            self.branches.append(SeparableConvolution(inputs, outputs, groups=groups, dilation=rate))
        self.whole = nn.Conv2d(inputs, outputs, kernel_size=1)
        self.join = Convolution((len(self.branches) + 1) * outputs, outputs, 1, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, rows, columns) -> (n, outputs, rows, columns)."""
        seen = [cast("Tensor", branch(x)) for branch in self.branches]  # each (n, outputs, rows, columns)
        whole = functional.relu(self.whole(x.mean(dim=(2, 3), keepdim=True)))  # (n, outputs, 1, 1)
        return cast("Tensor", self.join(torch.cat([*seen, whole.expand_as(seen[0])], dim=1)))


class Sharpen(nn.Module):
    """From a quarter of the slice's size to all of it, by the maps of the network's stem."""

    def __init__(self, inputs: int, stem: int, edges: int, classes: int, *, groups: int) -> None:
        super().__init__()
        self.found = Convolution(inputs, edges, 1, groups=groups)
        self.stem = Convolution(stem, edges, 1, groups=groups)
        self.join = Convolution(2 * edges, 2 * edges, 3, groups=groups)
        self.classifier = nn.Conv2d(2 * edges, 4 * classes, kernel_size=1)

    def forward(self, refined: Tensor, stem: Tensor) -> Tensor:
        """(n, inputs, rows / 4, columns / 4), (n, stem, rows / 2, columns / 2) -> (n, classes, rows, columns)."""
        found = _enlarge(self.found(refined), 2)  # (n, edges, rows / 2, columns / 2)
        joined = self.join(torch.cat([found, self.stem(stem)], dim=1))  # (n, 2 * edges, rows / 2, columns / 2)
        with torch.autocast(joined.device.type, enabled=False):  # the logits' last digits decide
            return functional.pixel_shuffle(self.classifier(joined.float()), 2)


class DeepLabV3Plus(Segmenter):
    """The segmentation network; the defaults are the published widths.

    Parameters
    ----------
    classes : number of outputs a pixel
    growth, stem : of `pleura.models.densenet121.DenseNet121`
    aspp : channels of each of the pyramid's branches and of the decoder
    low_level : channels that the fine feature maps are brought to before they are joined
    groups : groups of each norm, which is then a group norm, as federated training needs; 0 for batch norm
    dropout : share of the pyramid's output that is zeroed in training
    edges : channels that the stem's maps are brought to where they have a say in where a border runs; 0, as
        published, for borders drawn at a quarter of the slice's size
    neighbours : slices on each side that are seen with a slice; 0, as published, for each by itself

    Raises
    ------
    ValueError
        If a number is out of range or the widths cannot be halved or parted into the groups.
    """

    def __init__(
        self,
        *,
        classes: int = 2,
        growth: int = 32,
        stem: int = 64,
        aspp: int = 256,
        low_level: int = 48,
        groups: int = 0,
        dropout: float = 0.0,
        edges: int = 0,
        neighbours: int = 0,
    ) -> None:
        super().__init__()
        if min(classes, aspp, low_level) < 1 or min(edges, neighbours) < 0 or not 0 <= dropout < 1:
            raise ValueError(
                "need positive classes, aspp and low_level, edges and neighbours of 0 or more and 0 <= dropout < 1, "
                f"got {classes}, {aspp}, {low_level}, {edges}, {neighbours} and {dropout}"
            )
        self.neighbours = neighbours
        self.backbone = DenseNet121(growth=growth, stem=stem, groups=groups)
        self.pyramid = Pyramid(self.backbone.channels, aspp, groups=groups)
        self.dropout = nn.Dropout(dropout)
        self.fine = Convolution(self.backbone.fine_channels, low_level, 1, groups=groups)
        self.decoder = nn.Sequential(
            SeparableConvolution(aspp + low_level, aspp, groups=groups),
            SeparableConvolution(aspp, aspp, groups=groups),
        )
        self.sharpen = Sharpen(aspp, stem, edges, classes, groups=groups) if edges else None
        self.classifier = None if edges else nn.Conv2d(aspp, classes, kernel_size=1)
        last = self.classifier or cast("Sharpen", self.sharpen).classifier
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module is not last:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(cast("Tensor", self.pyramid.whole.bias))
        nn.init.zeros_(cast("Tensor", last.bias))
        self.beside = None
        if neighbours:
            self.beside = nn.Conv2d(2 * neighbours, stem, kernel_size=7, stride=2, padding=3, bias=False)
            nn.init.zeros_(self.beside.weight)

    def segment(self, x: Tensor) -> Tensor:
        """(batch, 1 + 2 neighbours, rows, columns) -> logits, float32, (batch, classes, rows, columns)."""
        # (batch, 64, rows / 2, ...), (batch, 256, rows / 4, ...), (batch, 1024, rows / 16, ...)
        stem, fine, coarse = self._features(x)
        seen = _enlarge(self.dropout(self.pyramid(coarse)), 4)  # (batch, 256, rows / 4, columns / 4)
        joined = torch.cat([seen, self.fine(fine)], dim=1)  # (batch, 256 + 48, rows / 4, columns / 4)
        refined = self.decoder(joined)  # (batch, 256, rows / 4, columns / 4)
        if self.classifier is None:
            return cast("Tensor", cast("Sharpen", self.sharpen)(refined, stem))
        with torch.autocast(x.device.type, enabled=False):  # little work, and the logits' last digits decide
            return _enlarge(self.classifier(refined.float()), 4)

    def _features(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(batch, 1 + 2 neighbours, rows, columns) -> the backbone's maps of three sizes."""
        if self.beside is None:
            return cast("tuple[Tensor, Tensor, Tensor]", self.backbone(x))
        own = self.neighbours
        around = torch.cat([x[:, :own], x[:, own + 1 :]], dim=1)  # (batch, 2 neighbours, rows, columns)
        return cast("tuple[Tensor, Tensor, Tensor]", self.backbone(x[:, own : own + 1], self.beside(around)))


def _enlarge(x: Tensor, times: int) -> Tensor:
    """More rows and columns, linear between pixel centres."""
    return functional.interpolate(x, scale_factor=times, mode="bilinear", align_corners=False)
