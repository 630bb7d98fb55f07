"""A feature map in, the same with each group of its channels at mean 0 and variance 1 out, slice by slice."""

import torch
from torch import Tensor, nn

__all__ = ["EPSILON", "GroupNorm2d"]

EPSILON = 1e-5
"""Added to the variance, as in the published networks."""


class GroupNorm2d(nn.GroupNorm):
    """Group norm without torch's check of the input's size, which cannot be traced.

    References
    ----------
    Wu, He (2018), Group normalization, ECCV.
    """

    def __init__(self, groups: int, channels: int) -> None:
        super().__init__(groups, channels, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, rows, columns) -> the same shape."""
        return torch.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)
