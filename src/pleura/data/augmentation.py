"""Random changes to a training subset: slices in HU in, slices in HU out."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pleura.settings import AugmentationSettings

__all__ = ["augment"]


def augment(slices: Tensor, settings: AugmentationSettings, rng: np.random.Generator) -> Tensor:
    """Shift, scale, offset and add noise, each by a random amount up to its limit.

    All slices of a subset get the same shift, scale and offset, as one patient on one scanner would. What comes into
    view at the edges repeats the edge.

    Parameters
    ----------
    slices : HU, float32, shape (n, size, size)
    settings : the limits; with all 0 the slices come back unchanged
    rng : drawn from in the same way whatever the limits are

    Returns
    -------
    The same shape.
    """
    shift_y, shift_x, scale, offset, noise = rng.uniform([-1, -1, -1, -1, 0], 1)
    if settings.shift or settings.scale:
        size = 1 + settings.scale * scale
        theta = torch.tensor(
            [
                [[1 / size, 0.0, 2 * settings.shift * shift_x], [0.0, 1 / size, 2 * settings.shift * shift_y]],
            ],
            dtype=torch.float32,
        )
        grid = functional.affine_grid(theta, [1, 1, *slices.shape[1:]], align_corners=False)
        slices = functional.grid_sample(
            slices[None], grid, mode="bilinear", padding_mode="border", align_corners=False
        )[0]
    if settings.offset_hu:
        slices = slices + float(settings.offset_hu * offset)
    if settings.noise_hu:
        drawn = rng.standard_normal(tuple(slices.shape), dtype=np.float32)
        slices = slices + float(settings.noise_hu * noise) * torch.from_numpy(drawn)
    return slices
