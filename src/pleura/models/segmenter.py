"""What every segmentation network is: normalised slices in, one logit a class for each of their pixels out."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from pleura.errors import ModelError

__all__ = ["MULTIPLE", "SEGMENTS", "Segmenter"]

MULTIPLE = 16
"""Rows and columns are a multiple of this: the coarsest feature maps are so many times coarser than the slice."""
SEGMENTS: dict[str, tuple[str, ...]] = {
    "lesions": ("none", "lesion"),
    "lungs": ("none", "right-lung", "left-lung"),
}
"""The tasks of a segmentation network, each with its classes in the order of the outputs, which is also the number
that a voxel of the class bears in a mask."""


class Segmenter(nn.Module, ABC):
    """A network that sees axial slices, each by itself or between its neighbours, and says of each pixel what it is."""

    neighbours: int = 0
    """Slices on each side that are shown with a slice."""

    @abstractmethod
    def segment(self, x: Tensor) -> Tensor:
        """Compute what `forward` gives, for slices whose size has been looked at."""

    def forward(self, x: Tensor) -> Tensor:
        """Give the logits of each pixel.

        Parameters
        ----------
        x : normalised slices, (batch, 1 + 2 neighbours, rows, columns), each in the middle of those around it, as
            `pleura.data.segmentation.planes.between_neighbours` numbers them

        Returns
        -------
        float32, (batch, classes, rows, columns).

        Raises
        ------
        ModelError
            If the input has another shape, or its rows or columns are not a multiple of `MULTIPLE`.
        """
        shown = 1 + 2 * self.neighbours
        if x.ndim != 4 or x.shape[1] != shown or x.shape[2] % MULTIPLE or x.shape[3] % MULTIPLE or not x.numel():
            raise ModelError(
                f"slices of shape {tuple(x.shape)}; need (batch, {shown}, rows, columns) with rows and columns a "
                f"multiple of {MULTIPLE}: pad the slices, or set the input's size"
            )
        return self.segment(x)
