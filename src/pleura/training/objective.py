"""A recipe's loss settings and a batch's part in; what is minimised, and the logits, out."""

from dataclasses import dataclass

import torch
from torch import Tensor

from pleura.models.classifier import Classifier
from pleura.settings import LossSettings
from pleura.training.lesion_loss import WithLesions, lesion_loss
from pleura.training.losses import squared_emd, weighted_cross_entropy

__all__ = ["Objective"]


@dataclass(frozen=True, eq=False)
class Objective:
    """The loss of a training run."""

    settings: LossSettings
    weights: Tensor
    """One a class, (classes,)."""

    def __call__(
        self,
        trained: Classifier | WithLesions,
        inputs: Tensor,
        labels: Tensor,
        lesions: Tensor | None,
        *,
        of_batch: Tensor,
        precision: torch.autocast,
    ) -> tuple[Tensor, Tensor]:
        """Compute a part of a batch; the parts' losses add up to the batch's.

        Parameters
        ----------
        trained : what is optimised
        inputs : (part, 1, slices, size, size)
        labels : (part,)
        lesions : (part, slices, size, size), or None
        of_batch : class numbers of the whole batch
        precision : for the forward pass; losses are computed in float32

        Returns
        -------
        loss : scalar
        logits : (part, classes)
        """
        network = trained.network if isinstance(trained, WithLesions) else trained
        with precision:
            features = network.forward_features(inputs)
            logits = network.classify(features)
        total = self.weights[of_batch].sum()
        loss = weighted_cross_entropy(logits, labels, self.weights, total)
        if self.settings.ordinal:
            loss = loss + self.settings.ordinal * squared_emd(logits, labels, self.weights, total)
        if isinstance(trained, WithLesions) and lesions is not None:
            share = len(labels) / len(of_batch)
            loss = loss + self.settings.lesions * share * lesion_loss(trained, features, lesions, labels)
        return loss, logits
