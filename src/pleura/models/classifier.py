"""What every volume classifier is: normalised slices in, feature maps, then one logit a class out."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

__all__ = ["Classifier"]


class Classifier(nn.Module, ABC):
    """A network in two parts, so that a heat map can be made where they meet."""

    @abstractmethod
    def forward_features(self, x: Tensor) -> Tensor:
        """Take normalised slices, (batch, 1, slices, rows, columns), to (batch, channels, depth, rows, columns)."""

    @abstractmethod
    def classify(self, features: Tensor, counts: Tensor | None = None) -> Tensor:
        """Take such feature maps to logits, (batch, classes).

        Parameters
        ----------
        features : as `forward_features` gives them
        counts : slices of each case, (batch,); what lies beyond them, at the head's end, only fills the batch up and
            changes nothing. All slices are the case's by default.

        Raises
        ------
        ModelError
            If counts are given to a network that takes a fixed number of slices, or do not fit the features.
        """

    def pool(self, features: Tensor) -> Tensor:
        """Take such feature maps to what the last layer decides by, (batch, width); here their mean over all positions.

        Every slice is the case's.
        """
        return features.mean(dim=(2, 3, 4))

    def forward(self, x: Tensor, counts: Tensor | None = None) -> Tensor:
        """Give the logits, (batch, classes), for slices as in `forward_features` and counts as in `classify`."""
        return self.classify(self.forward_features(x), counts)
