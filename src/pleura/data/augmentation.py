"""Random changes to a training subset: slices in HU, and their lesion mask, in; the same out."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pleura.settings import AugmentationSettings

__all__ = ["augment", "augment_labels"]


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
    place, offset, noise = _draw(rng)
    if settings.shift or settings.scale:
        slices = functional.grid_sample(
            slices[None], _grid(place, settings, slices.shape), "bilinear", padding_mode="border", align_corners=False
        )[0]
    if settings.offset_hu:
        slices = slices + float(settings.offset_hu * offset)
    if settings.noise_hu:
        drawn = rng.standard_normal(tuple(slices.shape), dtype=np.float32)
        slices = slices + float(settings.noise_hu * noise) * torch.from_numpy(drawn)
    return slices


def augment_labels(labels: Tensor, settings: AugmentationSettings, rng: np.random.Generator) -> Tensor:
    """Move a label mask as `augment` moves the slices.

    Parameters
    ----------
    labels : uint8, shape (n, size, size)
    settings : as for the slices
    rng : in the state in which `augment` got it

    Returns
    -------
    The same shape; labels are never mixed, and 0 comes into view at the edges.
    """
    place, _, _ = _draw(rng)
    if not (settings.shift or settings.scale):
        return labels
    grid = _grid(place, settings, labels.shape)
    moved = functional.grid_sample(labels[None].float(), grid, "nearest", padding_mode="zeros", align_corners=False)
    return moved[0].to(labels.dtype)


def _draw(rng: np.random.Generator) -> tuple[tuple[float, float, float], float, float]:
    """Shift down, shift right and size; offset; noise; each -1 to 1, the noise 0 to 1."""
    shift_y, shift_x, scale, offset, noise = (float(value) for value in rng.uniform([-1, -1, -1, -1, 0], 1))
    return (shift_y, shift_x, scale), offset, noise


def _grid(place: tuple[float, float, float], settings: AugmentationSettings, shape: torch.Size) -> Tensor:
    shift_y, shift_x, scale = place
    size = 1 + settings.scale * scale
    theta = torch.tensor(
        [[[1 / size, 0.0, 2 * settings.shift * shift_x], [0.0, 1 / size, 2 * settings.shift * shift_y]]],
        dtype=torch.float32,
    )
    return functional.affine_grid(theta, [1, 1, *shape[1:]], align_corners=False)
