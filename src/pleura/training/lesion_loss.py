"""Feature maps and lesion masks in, a loss out that says where the lesions are, and of what kind.

A scan's label says that there is disease somewhere among its million voxels; a lesion mask says where. A network that
is told learns from far fewer cases, and its class activation maps stay on the lesions. The masks are needed in training
only, and nothing of this is left in the model.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from pleura.models.densenet3d import DenseNet3d
from pleura.models.slice_gru import SliceGru

__all__ = ["KINDS", "LesionHead", "WithLesions", "cover", "lesion_loss"]

KINDS = 5
"""Labels of a lesion mask: none, ground glass, consolidation, nodule or other focal finding, pleural fluid."""

_LEAST = 1e-6


class LesionHead(nn.Module):
    """One logit a kind of lesion for every position of the last feature maps; used in training only.

    Parameters
    ----------
    channels : of the feature maps
    classes : where the network's own last layer does not take a position's features, as many outputs of one that does
    """

    def __init__(self, channels: int, classes: int = 0) -> None:
        super().__init__()
        self.kinds = nn.Conv3d(channels, KINDS, kernel_size=1)
        self.disease = nn.Linear(channels, classes) if classes else None

    def forward(self, features: Tensor) -> Tensor:
        """(batch, channels, z, y, x) -> (batch, KINDS, z, y, x)."""
        logits: Tensor = self.kinds(features)
        return logits


class WithLesions(nn.Module):
    """A network and the head that helps to train it, so that both are optimised and kept in checkpoints."""

    def __init__(self, network: DenseNet3d | SliceGru) -> None:
        super().__init__()
        self.network = network
        if isinstance(network, SliceGru):
            self.head = LesionHead(network.backbone.channels, network.classifier.out_features)
        else:
            self.head = LesionHead(network.classifier.in_features)


def cover(masks: Tensor, grid: torch.Size | tuple[int, ...]) -> Tensor:
    """Share of each cell of a coarser grid that each kind covers.

    Parameters
    ----------
    masks : labels 0 to 4, uint8, (batch, slices, size, size)
    grid : (z, y, x) of the feature maps; divides the masks' shape

    Returns
    -------
    float32, (batch, KINDS, *grid); sums to 1 over the kinds.
    """
    kinds = functional.one_hot(masks.long(), KINDS).movedim(-1, 1).float()  # (batch, KINDS, slices, size, size)
    block = [whole // part for whole, part in zip(masks.shape[1:], grid, strict=True)]
    return functional.avg_pool3d(kinds, block)


def lesion_loss(
    whole: WithLesions, features: Tensor, masks: Tensor, labels: Tensor, counts: Tensor | None = None
) -> Tensor:
    """Give the mean over the cases of three terms: what kind, what disease, and, but for a slice network, where.

    Kind: cross-entropy of each position's kind of lesion, lesions and background weighing the same over the batch.
    Disease: cross-entropy of the class that the mean feature of a case's lesions speaks for; of a slice network, whose
    last layer takes no position's features, in a layer that is there for this alone.
    Where: minus the logarithm of the share of the case's class activation map that lies on its lesions.

    Parameters
    ----------
    whole : network and head
    features : (batch, channels, z, y, x), from the network
    masks : (batch, slices, size, size), uint8
    labels : (batch,), class numbers
    counts : (batch,), slices of each case before its padding, which is left out; None where there is none

    Returns
    -------
    Scalar; the last two terms leave out cases whose slices show no lesion.
    """
    maps = features.float()
    shares = cover(masks, maps.shape[2:])  # (batch, KINDS, z, y, x)
    lesion = 1 - shares[:, :1]  # (batch, 1, z, y, x)
    inside = torch.ones_like(lesion)  # (batch, 1, z, y, x)
    if counts is not None:
        inside = inside * (torch.arange(maps.shape[2], device=maps.device) < counts[:, None])[:, None, :, None, None]
    kind = -(functional.log_softmax(whole.head(maps), dim=1) * shares).sum(dim=1, keepdim=True)  # (batch, 1, z, y, x)
    healthy = (1 - lesion) * inside
    background = (healthy * kind).sum() / healthy.sum().clamp(min=_LEAST)
    diseased = (lesion * kind).sum() / lesion.sum().clamp(min=1.0)
    loss = (background + diseased) / 2

    amount = lesion.sum(dim=(1, 2, 3, 4))  # (batch,), in cells
    shown = amount > 0
    if bool(shown.any()):
        mean = (maps * lesion).sum(dim=(2, 3, 4)) / amount.clamp(min=_LEAST)[:, None]  # (batch, channels)
        layer = whole.network.classifier if whole.head.disease is None else whole.head.disease
        disease = functional.cross_entropy(layer(mean[shown]), labels[shown], reduction="sum")
        if isinstance(whole.network, SliceGru):
            return loss + disease / len(labels)
        weights = whole.network.classifier.weight[labels]  # (batch, channels)
        heat = torch.relu(torch.einsum("bc,bczyx->bzyx", weights, maps))[:, None]  # (batch, 1, z, y, x)
        share = (heat * lesion).sum(dim=(1, 2, 3, 4)) / heat.sum(dim=(1, 2, 3, 4)).clamp(min=_LEAST)
        where = -torch.log(share[shown] + 1e-3).sum()
        loss = loss + (disease + where) / len(labels)
    return loss
