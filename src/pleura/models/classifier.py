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
    def classify(self, features: Tensor) -> Tensor:
        """Take such feature maps to logits, (batch, classes)."""

    def forward(self, x: Tensor) -> Tensor:
        """Give the logits, (batch, classes), for slices as in `forward_features`."""
        return self.classify(self.forward_features(x))
