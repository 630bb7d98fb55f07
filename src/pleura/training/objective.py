"""A recipe's loss settings and a batch's part in; what is minimised, and how many were right, out."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pleura.models.classifier import Classifier
from pleura.settings import LossSettings
from pleura.training.lesion_loss import WithLesions, lesion_loss
from pleura.training.losses import squared_emd, weighted_cross_entropy

__all__ = ["Objective", "Proximal"]


@dataclass(frozen=True, eq=False)
class Proximal:
    """What holds a network near the weights it began with: strength / 2 times the squared distance from them.

    References
    ----------
    Li, Sahu, Zaheer, Sanjabi, Talwalkar, Smith (2020), Federated optimization in heterogeneous networks, MLSys,
    arXiv:1812.06127.
    """

    strength: float
    """0 or more; the paper's mu."""
    anchor: Mapping[str, Tensor]
    """The weights to stay near, by the names of the trained network's parameters."""

    def __call__(self, trained: nn.Module) -> Tensor:
        """Give the term, a scalar in float32, for a network's weights as they are."""
        distances = [(weight - self.anchor[name]).square().sum() for name, weight in trained.named_parameters()]
        return self.strength / 2 * torch.stack(distances).sum()


@dataclass(frozen=True, eq=False)
class Objective:
    """The loss of a training run."""

    settings: LossSettings
    weights: Tensor
    """One a class, (classes,)."""
    proximal: Proximal | None = None
    """Of federated training with FedProx."""

    def __call__(
        self,
        trained: nn.Module,
        inputs: Tensor,
        labels: Tensor,
        lesions: Tensor | None,
        *,
        of_batch: Tensor,
        precision: torch.autocast,
        counts: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Compute a part of a batch, as `pleura.training.steps.Goal` has it; what is right is counted."""
        network = trained.network if isinstance(trained, WithLesions) else trained
        if not isinstance(network, Classifier):
            raise TypeError(f"need a classifier, got {type(network).__name__}")
        with precision:
            features = network.forward_features(inputs)
            logits = network.classify(features) if counts is None else network.classify(features, counts)
        total = self.weights[of_batch].sum()
        loss = weighted_cross_entropy(logits, labels, self.weights, total)
        if self.settings.ordinal:
            loss = loss + self.settings.ordinal * squared_emd(logits, labels, self.weights, total)
        share = len(labels) / len(of_batch)
        if self.proximal is not None:
            loss = loss + share * self.proximal(trained)
        if isinstance(trained, WithLesions) and lesions is not None:
            loss = loss + self.settings.lesions * share * lesion_loss(trained, features, lesions, labels, counts)
        return loss, (logits.detach().argmax(dim=1) == labels).sum()
