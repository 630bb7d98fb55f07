"""Window and in-plane resampling: a volume and its lungs' slice range in, small int16 slices in HU out."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pleura.errors import GeometryError
from pleura.imaging.volume import Volume

__all__ = ["PREPARE_VERSION", "prepare", "resize_area"]

PREPARE_VERSION = 1
"""Goes up when `prepare` gives other numbers, so that what was cached before is not used."""


def prepare(
    volume: Volume, lung_range: tuple[int, int], *, size: int = 128, window: tuple[int, int] = (-1200, 600)
) -> npt.NDArray[np.int16]:
    """Clip the lungs' slices to a window, then average them down in plane.

    Clipping comes first, so that metal or a table above the window weighs no more than the window's edge.

    Parameters
    ----------
    volume : a study's volume
    lung_range : the lungs' slices, [first, last)
    size : rows and columns of the result
    window : lowest and highest HU

    Returns
    -------
    HU, rounded; shape (last - first, size, size), axes (z, y, x) as in the volume.

    Raises
    ------
    GeometryError
        If the range does not lie in the volume.
    """
    first, last = lung_range
    if not 0 <= first < last <= volume.shape[0]:
        raise GeometryError(f"slices {first}..{last} do not lie in a volume of {volume.shape[0]} slices")
    lung_slices = volume.hu[first:last]
    result = np.empty((last - first, size, size), dtype=np.int16)
    for z, one in enumerate(lung_slices):  # one at a time keeps the float copy small
        result[z] = np.rint(resize_area(np.clip(one, *window)[np.newaxis], size)[0])
    return result


def resize_area(stack: npt.NDArray[np.generic], size: int) -> npt.NDArray[np.float32]:
    """Resample slices in plane by area averaging: each new pixel is the mean of what it covers.

    For a whole-number factor this is the block mean. It is anti-aliased for any factor, and keeps the mean of a slice.

    Parameters
    ----------
    stack : shape (n, rows, columns); any matrix
    size : rows and columns of the result

    Returns
    -------
    Shape (n, size, size), in the units of `stack`.

    Examples
    --------
    >>> resize_area(np.array([[[0, 2, 4, 4], [2, 4, 4, 4], [0, 0, 9, 9], [0, 0, 9, 9]]]), 2)
    array([[[2., 4.],
            [0., 9.]]], dtype=float32)
    """
    rows = sparse.csr_array(_area_weights(stack.shape[1], size))  # a few entries a row: no threads, no dense product
    columns = sparse.csr_array(_area_weights(stack.shape[2], size))
    result = np.empty((stack.shape[0], size, size), dtype=np.float32)
    for z, one in enumerate(stack):
        narrow = columns @ np.ascontiguousarray(one.T, dtype=np.float32)  # (size, rows)
        result[z] = rows @ np.ascontiguousarray(narrow.T)
    return result


def _area_weights(old: int, new: int) -> npt.NDArray[np.float32]:
    """Share of each of `old` cells in each of `new` cells over the same length; shape (new, old), rows sum to 1."""
    edges = np.arange(new + 1) * (old / new)
    cells = np.arange(old)
    overlap = np.minimum(edges[1:, np.newaxis], cells + 1) - np.maximum(edges[:-1, np.newaxis], cells)
    weights: npt.NDArray[np.float64] = np.clip(overlap, 0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights.astype(np.float32)
