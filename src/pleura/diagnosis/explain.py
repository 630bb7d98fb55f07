"""Last feature maps of each slice subset in, one class activation map on the study's own slices out.

Grad-CAM after Selvaraju et al., ICCV 2017, section 3: the weight of a feature map is the mean over its positions of the
gradient of the class score; the map is the positive part of the weighted sum.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from pleura.imaging.field import Field

__all__ = ["activation_map", "map_to_volume", "share_inside"]


def activation_map(
    features: torch.Tensor, head: Callable[[torch.Tensor], torch.Tensor], target: int
) -> npt.NDArray[np.float32]:
    """Grad-CAM of one class at the features that enter `head`.

    Parameters
    ----------
    features : (subsets, channels, depth, rows, columns), what `head` takes
    head : from features to logits (subsets, classes)
    target : index of the class to explain

    Returns
    -------
    (subsets, depth, rows, columns), not negative, in units of the class score
    """
    leaf = features.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        score = head(leaf)[:, target].sum()
        (gradient,) = torch.autograd.grad(score, leaf)
    weights = gradient.mean(dim=(2, 3, 4), keepdim=True)  # (subsets, channels, 1, 1, 1)
    positions = leaf.shape[2] * leaf.shape[3] * leaf.shape[4]
    cam = torch.relu((weights * positions * leaf.detach()).sum(1))
    return np.asarray(cam.cpu().numpy(), dtype=np.float32)


def map_to_volume(
    maps: npt.NDArray[np.float32],
    subsets: npt.NDArray[np.integer],
    shape: tuple[int, int, int],
    field: Field,
) -> npt.NDArray[np.uint8]:
    """Bring the maps of all subsets back to the study's own grid, as their mean.

    A map's depth is coarser than its subset's slices; between the slices that were seen the map is interpolated
    along z, within a slice it is enlarged bilinearly.

    Parameters
    ----------
    maps : (subsets, depth, rows, columns), not negative
    subsets : (subsets, slices), indices of the study's slices, each row ascending
    shape : the study's slices, rows, columns
    field : what the subsets' slices showed; outside it the map is zero

    Returns
    -------
    `shape`, 0 to 255, where 255 is the highest value of the mean map on its own coarse cells; zero where the maps are
    """
    first, last = field.slices
    positions = np.arange(first, last, dtype=np.float64)
    mean = np.zeros((last - first, *maps.shape[2:]), dtype=np.float32)
    for cam, indices in zip(maps, subsets, strict=True):
        fraction = (np.arange(len(indices)) + 0.5) * cam.shape[0] / len(indices) - 0.5
        slices = _along_first(cam, fraction)  # (slices, rows, columns)
        seen, inverse = np.unique(indices, return_inverse=True)
        once = np.zeros((len(seen), *slices.shape[1:]), dtype=np.float32)
        np.add.at(once, inverse, slices)
        once /= np.bincount(inverse)[:, None, None]
        mean += _along_first(once, np.interp(positions, seen, np.arange(len(seen)))) / len(maps)
    out = np.zeros(shape, dtype=np.uint8)
    highest = float(mean.max())
    if highest <= 0.0:
        return out
    mean *= 255.0 / highest
    (rows, down), (columns, across) = (
        _enlarge(within, shape[axis], mean.shape[axis]) for axis, within in ((1, field.rows), (2, field.columns))
    )
    for k in range(first, last):
        out[k, rows, columns] = np.rint(down @ mean[k - first] @ across.T)
    return out


def _enlarge(within: tuple[int, int], length: int, coarse: int) -> tuple[slice, npt.NDArray[np.float32]]:
    """Pixels of an axis that lie in the field, and the matrix (pixels, coarse) that enlarges the map to them.

    The map's cells and the field share their outer edges.
    """
    first, last = within
    seen = slice(max(first, 0), min(last, length))
    centres = (np.arange(seen.start, seen.stop) - first + 0.5) * coarse / (last - first) - 0.5
    return seen, _along_first(np.eye(coarse, dtype=np.float32)[:, :, None], centres)[:, :, 0]


def _along_first(stack: npt.NDArray[np.float32], at: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Linear interpolation of a stack at fractional indices of its first axis; ends are held."""
    at = np.clip(at, 0, len(stack) - 1)
    low = np.minimum(at.astype(np.int64), max(len(stack) - 2, 0))
    high = np.minimum(low + 1, len(stack) - 1)
    weight = (at - low).astype(np.float32)[:, None, None]
    return np.asarray(stack[low] * (1 - weight) + stack[high] * weight, dtype=np.float32)


def share_inside(heat: npt.NDArray[np.uint8], mask: npt.NDArray[np.bool_]) -> float | None:
    """Share of a map's sum that lies inside a mask of the same shape; None for an empty map."""
    per_slice = heat.sum(axis=(1, 2), dtype=np.int64)
    total = int(per_slice.sum())
    if total == 0:
        return None
    inside = sum(int(heat[k][mask[k]].sum(dtype=np.int64)) for k in np.flatnonzero(per_slice))
    return inside / total
