"""A stack whose slices are shifted against each other by a tilted gantry in, a straight stack out."""

import numpy as np
import numpy.typing as npt

from pleura.imaging.hounsfield import AIR

__all__ = ["straighten"]


def _shifted(slice_: npt.NDArray[np.float32], shift: float, length: int, axis: int) -> npt.NDArray[np.float32]:
    """Move a slice by `shift` >= 0 voxels along an axis that grows to `length`; linear between voxels, air beyond."""
    whole = int(np.floor(shift))
    part = np.float32(shift - whole)
    before = [(0, 0), (0, 0)]
    before[axis] = (whole, length - whole - slice_.shape[axis])
    near = np.pad(slice_, before, constant_values=AIR)
    return near if part == 0 else (1 - part) * near + part * np.roll(near, 1, axis)


def straighten(
    hu: npt.NDArray[np.int16], affine: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float64]]:
    """Resample a sheared stack to one whose slices lie straight above each other.

    Each slice stays in its own plane and moves within it, so nothing is blurred across slices; the slices grow so that
    none loses a voxel, and what lies beyond them is air.

    Parameters
    ----------
    hu : int16, axes (slice, row, column)
    affine : 4 x 4; takes (slice, row, column, 1) to mm; its second and third columns meet at a right angle

    Returns
    -------
    hu : int16, axes (slice, row, column), of more rows or columns
    affine : 4 x 4, with three right angles
    """
    step, down, right = affine[:3, 0], affine[:3, 1], affine[:3, 2]
    per_slice = np.array([step @ down / (down @ down), step @ right / (right @ right)])  # voxels along (row, column)
    shifts = np.arange(len(hu))[:, None] * per_slice
    start = np.floor(shifts.min(axis=0) + 1e-6)
    shifts = np.maximum(shifts - start, 0.0)
    rows, columns = (np.array(hu.shape[1:]) + np.ceil(shifts.max(axis=0) - 1e-6) + 1).astype(int)
    out = np.empty((len(hu), rows, columns), np.int16)
    for k, slice_ in enumerate(hu):
        moved = _shifted(slice_.astype(np.float32), float(shifts[k, 0]), rows, 0)
        moved = _shifted(moved, float(shifts[k, 1]), columns, 1)
        np.rint(moved, out=moved)
        out[k] = moved
    straight = affine.copy()
    straight[:3, 0] = step - per_slice[0] * down - per_slice[1] * right
    straight[:3, 3] += start[0] * down + start[1] * right
    return out, straight
