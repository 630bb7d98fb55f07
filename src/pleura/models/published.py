"""The networks whose ImageNet weights are published, and where in ours they go: names in, names and shapes out.

References
----------
Qiao, Wang, Liu, Shen, Yuille (2019), Weight standardization, arXiv:1903.10520; the checkpoint is X-50-GN-WS.pth.tar.
Huang, Liu, van der Maaten, Weinberger (2017), Densely connected convolutional networks, CVPR; the checkpoint is
torchvision's, densenet121-a639ec97.pth.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pleura.models.deeplab import DeepLabV3Plus
from pleura.models.densenet121 import DenseNet121
from pleura.models.resnext import ResNext
from pleura.models.slice_gru import SliceGru

__all__ = ["COUNTER", "PUBLISHED", "Published", "most_alike", "of_architecture"]

COUNTER = "num_batches_tracked"
"""How the name of a batch norm's count of batches ends: no weight, and not in every file, so it is never kept."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A published network."""

    title: str
    """What it is, for messages and notes."""
    widths: str
    """The size that it was published in, for messages."""
    architecture: str
    """Name of the architecture here that has it as its `backbone`."""
    holder: type[nn.Module]
    """That architecture."""
    make: Callable[[], nn.Module]
    """Makes the backbone in the published size."""
    rename: Callable[[str], str]
    """Takes a tensor's published name to the name in the backbone."""
    dropped: tuple[str, ...]
    """The layer that tells ImageNet's classes apart, which nothing here needs."""

    def shapes(self) -> dict[str, Tensor]:
        """Give tensors without content that have the names and shapes of the backbone's weights."""
        with torch.device("meta"):
            state = self.make().state_dict()
        return {name: tensor for name, tensor in state.items() if not name.endswith(COUNTER)}

    def renamed(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Give tensors the names of the backbone, without those that are dropped and without counters."""
        return {
            self.rename(name): tensor
            for name, tensor in tensors.items()
            if name not in self.dropped and not name.endswith(COUNTER)
        }


def _densenet_name(name: str) -> str:
    """Drop "features."; older files have a dot before the 1 and 2 of a dense layer's norms and convolutions."""
    return re.sub(r"^(denseblock\d+\.denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", name.removeprefix("features."))


PUBLISHED = (
    Published(
        title="ResNeXt-50 32x4d with group norm",
        widths="depth 50 with 32 groups of 4",
        architecture="resnext-gru",
        holder=SliceGru,
        make=ResNext,
        rename=lambda name: name,
        dropped=("fc.bias", "fc.weight"),
    ),
    Published(
        title="DenseNet-121 with batch norm",
        widths="growth 32 and stem 64 with batch norm",
        architecture="deeplabv3plus-densenet121",
        holder=DeepLabV3Plus,
        make=DenseNet121,
        rename=_densenet_name,
        dropped=("classifier.bias", "classifier.weight"),
    ),
)


def most_alike(tensors: Mapping[str, Tensor]) -> Published | None:
    """Find the published network that has the most names in common with some tensors; None if none has any."""
    alike = [len(known.renamed(tensors).keys() & known.shapes().keys()) for known in PUBLISHED]
    return PUBLISHED[alike.index(max(alike))] if max(alike) else None


def of_architecture(network: nn.Module) -> Published | None:
    """Find the published network that is a network's backbone; None if there is none."""
    return next((known for known in PUBLISHED if isinstance(network, known.holder)), None)
