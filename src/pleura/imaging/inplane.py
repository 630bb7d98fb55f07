"""Window and in-plane resampling: a volume and the classifier's field in, small int16 slices in HU out."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pleura.errors import GeometryError
from pleura.imaging.field import Field
from pleura.imaging.volume import Volume

__all__ = ["PREPARE_VERSION", "prepare", "prepare_labels", "resize_area"]

PREPARE_VERSION = 1
"""Goes up when `prepare` gives other numbers, so that what was cached before is not used."""

_LEAST_COVER = 0.25


def prepare(
    volume: Volume, field: Field, *, size: int = 128, window: tuple[int, int] = (-1200, 600)
) -> npt.NDArray[np.int16]:
    """Clip the field's slices to a window, then average them down in plane.

    Clipping comes first, so that metal or a table above the window weighs no more than the window's edge.

    Parameters
    ----------
    volume : a study's volume
    field : what to take; what lies beyond the image becomes the window's lower edge
    size : rows and columns of the result
    window : lowest and highest HU

    Returns
    -------
    HU, rounded; shape (slices, size, size), axes (z, y, x) as in the volume.

    Raises
    ------
    GeometryError
        If the field's slices do not lie in the volume, or no pixel of it does.
    """
    first, last = _slices(field, volume.shape)
    result = np.empty((last - first, size, size), dtype=np.int16)
    for z, one in enumerate(volume.hu[first:last]):  # one at a time keeps the float copy small
        cut = _cut(np.clip(one, *window), field, window[0])
        result[z] = np.rint(resize_area(cut[np.newaxis], size)[0])
    return result


def prepare_labels(labels: npt.NDArray[np.uint8], field: Field, *, size: int = 128) -> npt.NDArray[np.uint8]:
    """Bring a label mask to the grid that `prepare` gives.

    Parameters
    ----------
    labels : on the volume's grid; 0 is background
    field, size : as for `prepare`

    Returns
    -------
    Shape (slices, size, size): where labels other than 0 cover a quarter of a pixel, the one that covers most of it.

    Raises
    ------
    GeometryError
        If the field's slices do not lie in the mask, or no pixel of it does.
    """
    first, last = _slices(field, labels.shape)
    kinds = [int(kind) for kind in np.unique(labels[first:last]) if kind]
    result = np.zeros((last - first, size, size), dtype=np.uint8)
    for z, one in enumerate(labels[first:last]):
        if not one.any():
            continue
        cut = _cut(one, field, 0)
        shares = resize_area(np.stack([cut == kind for kind in kinds]), size)  # (kinds, size, size)
        result[z] = np.where(shares.sum(axis=0) >= _LEAST_COVER, np.array(kinds, np.uint8)[shares.argmax(axis=0)], 0)
    return result


def _slices(field: Field, shape: tuple[int, ...]) -> tuple[int, int]:
    first, last = field.slices
    if not 0 <= first < last <= shape[0]:
        raise GeometryError(f"slices {first}..{last} do not lie in a volume of {shape[0]} slices")
    for name, (start, stop), length in (("rows", field.rows, shape[1]), ("columns", field.columns, shape[2])):
        if stop <= 0 or start >= length:
            raise GeometryError(f"{name} {start}..{stop} do not lie in an image of {length}")
    return first, last


def _cut(one: npt.NDArray[np.generic], field: Field, fill: int) -> npt.NDArray[np.generic]:
    """Take the field's rows and columns of a slice; `fill` where there is no image."""
    (top, bottom), (near, far) = field.rows, field.columns
    inside = one[max(top, 0) : bottom, max(near, 0) : far]
    beyond = ((max(-top, 0), max(bottom - one.shape[0], 0)), (max(-near, 0), max(far - one.shape[1], 0)))
    return np.pad(inside, beyond, constant_values=fill)


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
    rows, columns = _area_matrix(stack.shape[1], size), _area_matrix(stack.shape[2], size)
    result = np.empty((stack.shape[0], size, size), dtype=np.float32)
    for z, one in enumerate(stack):
        narrow = columns @ np.ascontiguousarray(one.T, dtype=np.float32)  # (size, rows)
        result[z] = rows @ np.ascontiguousarray(narrow.T)
    return result


@lru_cache(maxsize=16)
def _area_matrix(old: int, new: int) -> sparse.csr_array:
    """Give `_area_weights` without the zeros: a few entries a row, so that no threads and no dense product are needed.

    It is kept, since a study's slices are resampled one by one; nothing changes it.
    """
    return sparse.csr_array(_area_weights(old, new))


def _area_weights(old: int, new: int) -> npt.NDArray[np.float32]:
    """Share of each of `old` cells in each of `new` cells over the same length; shape (new, old), rows sum to 1."""
    edges = np.arange(new + 1) * (old / new)
    cells = np.arange(old)
    overlap = np.minimum(edges[1:, np.newaxis], cells + 1) - np.maximum(edges[:-1, np.newaxis], cells)
    weights: npt.NDArray[np.float64] = np.clip(overlap, 0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights.astype(np.float32)
