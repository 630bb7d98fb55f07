"""A mask on a study's fine grid in, the share of the mask in each cell of a coarser grid out, with the cells' affine.

A study's voxels are finer in the slice than a surface on a screen can show. Averaged over blocks, the mask becomes a
smooth field whose half-way level runs between the cells, closer to the edge than a coarse mask could say.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PooledMask", "pool_mask"]


@dataclass(frozen=True, eq=False)
class PooledMask:
    """Shares of a mask, with a rim of empty cells on all sides."""

    shares: npt.NDArray[np.float32]
    """(z, y, x), 0 to 1; the outermost cells are 0."""
    affine: npt.NDArray[np.float64]
    """4 x 4, (k, j, i, 1) of a cell's centre to LPS mm."""


def pool_mask(
    mask: npt.NDArray[np.bool_], affine: npt.NDArray[np.float64], *, cell_mm: float, offset: tuple[int, int, int]
) -> PooledMask:
    """Average a mask over blocks of voxels that are as near to a size as whole voxels allow.

    Parameters
    ----------
    mask : (z, y, x), true inside; usually the box around what is wanted
    affine : 4 x 4, (k, j, i, 1) of the whole study's voxels to LPS mm
    cell_mm : length of a cell's edges aimed at; edges of voxels that are longer stay as they are
    offset : voxel of the whole study at which `mask` begins
    """
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    block = np.maximum(np.rint(cell_mm / spacing).astype(int), 1)
    sums: npt.NDArray[np.integer] = mask.view(np.uint8)
    for axis, size in enumerate(block):
        sums = _block_sums(sums, axis, int(size))
    shares = np.pad(sums.astype(np.float32) / float(block.prod()), 1)
    first = np.array(offset) + (block - 1) / 2 - block  # centre of the rim's first cell, in voxels
    pooled = affine.copy()
    pooled[:3, :3] *= block
    pooled[:3, 3] = affine[:3, :3] @ first + affine[:3, 3]
    return PooledMask(shares=shares, affine=pooled)


def _block_sums(values: npt.NDArray[np.integer], axis: int, size: int) -> npt.NDArray[np.integer]:
    """Sum neighbours along an axis; a last block that is not full counts what is there."""
    if size == 1:
        return values
    kind = np.uint16 if values.dtype == np.uint8 and axis else values.dtype  # blocks of 255 slices do not occur
    starts = range(0, values.shape[axis], size)
    shape = tuple(len(starts) if a == axis else length for a, length in enumerate(values.shape))
    sums = np.zeros(shape, kind)
    for step in range(size):
        part = values[tuple(slice(step, None, size) if a == axis else slice(None) for a in range(3))]
        sums[tuple(slice(part.shape[axis]) if a == axis else slice(None) for a in range(3))] += part
    return sums
