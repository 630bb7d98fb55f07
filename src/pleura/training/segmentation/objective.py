"""Logits and true classes of pixels in; cross-entropy and Dice, as a loss and as a measure, out."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from pleura.training.objective import Proximal
from pleura.training.segmentation.recipe import OverlapSettings

__all__ = ["OverlapObjective", "batch_dice"]

SMOOTH = 1.0
"""Pixels added to both halves of the fraction, so that a class that is nowhere, and nowhere found, has Dice 1."""


def batch_dice(shares: Tensor, truth: Tensor) -> Tensor:
    """Dice of each class but the first over all pixels of a batch.

    2 x the sum of shares on the class's pixels, over the sum of all shares of the class and its pixels, each half with
    one pixel more.

    Parameters
    ----------
    shares : probabilities, or 0 and 1, (batch, classes, rows, columns)
    truth : class numbers, (batch, rows, columns)

    Returns
    -------
    (classes - 1,), 0 to 1.

    References
    ----------
    Milletari, Navab, Ahmadi (2016), V-Net: fully convolutional neural networks for volumetric medical image
    segmentation, 3DV, arXiv:1606.04797; here with plain sums below the line, not squares, and over the batch.

    Examples
    --------
    >>> found = torch.tensor([[[[0.0, 1.0, 0.0]], [[1.0, 0.0, 1.0]]]])
    >>> batch_dice(found, torch.tensor([[[1, 0, 0]]]))  # (2 * 1 + 1) / (2 + 1 + 1)
    tensor([0.7500])
    """
    true = functional.one_hot(truth, shares.shape[1]).movedim(-1, 1).to(shares.dtype)  # (batch, classes, rows, columns)
    over = (0, 2, 3)
    shared, found, there = ((part).sum(dim=over)[1:] for part in (shares * true, shares, true))
    return (2 * shared + SMOOTH) / (found + there + SMOOTH)


@dataclass(frozen=True, eq=False)
class OverlapObjective:
    """The loss of a segmenter's training run."""

    settings: OverlapSettings
    proximal: Proximal | None = None
    """Of federated training with FedProx."""

    def __call__(
        self,
        trained: nn.Module,
        inputs: Tensor,
        labels: Tensor,
        lesions: Tensor | None,  # noqa: ARG002 - part of what every objective takes
        *,
        of_batch: Tensor,
        precision: torch.autocast,
        counts: Tensor | None = None,  # noqa: ARG002
    ) -> tuple[Tensor, Tensor]:
        """Compute a part of a batch, as `pleura.training.steps.Goal` has it; Dice is each part's own.

        The measure is the Dice of the most probable classes, mean over those after the first.
        """
        with precision:
            logits = trained(inputs)  # (part, classes, rows, columns)
        logits = logits.float()
        entropy = functional.cross_entropy(logits, labels)
        overlap = batch_dice(torch.softmax(logits, dim=1), labels).mean()
        share = len(labels) / len(of_batch)
        loss = share * (self.settings.cross_entropy * entropy + self.settings.dice * (1 - overlap))
        if self.proximal is not None:
            loss = loss + share * self.proximal(trained)
        with torch.no_grad():
            answer = functional.one_hot(logits.argmax(dim=1), logits.shape[1]).movedim(-1, 1)
            right = batch_dice(answer.float(), labels).mean() * len(labels)
        return loss, right
