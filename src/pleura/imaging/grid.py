"""An array with any affine in, the same voxels on the canonical grid out; and whether a grid can be made canonical."""

from itertools import permutations

import numpy as np
import numpy.typing as npt

from pleura.errors import GeometryError

__all__ = ["canonical", "check_grid"]

_CANONICAL_AXES = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
"""Columns: where the array axes z, y, x point in (L, P, S): to the head, to the back, to the left."""
_LEAST_ANGLE = 89.5
"""Degrees between two axes of a grid that counts as orthogonal."""


def check_grid(affine: npt.NDArray[np.float64], name: str) -> None:
    """Refuse an affine that is not finite, not invertible, or not orthogonal.

    Parameters
    ----------
    affine : 4 x 4, indices to mm
    name : what the message should call its owner

    Raises
    ------
    GeometryError
        If the axes meet at less than 89.5 degrees, or one has no length.
    """
    axes = affine[:3, :3]
    lengths = np.linalg.norm(axes, axis=0)
    if not np.isfinite(affine).all() or not (lengths > 1e-6).all() or not (lengths < 1e4).all():
        raise GeometryError(f"{name} has no usable affine ({affine[:3].tolist()}); convert it from DICOM again")
    cosines = np.abs((axes / lengths).T @ (axes / lengths) - np.eye(3)).max()
    angle = float(np.degrees(np.arccos(min(1.0, cosines))))
    if angle < _LEAST_ANGLE:
        raise GeometryError(
            f"{name} has axes that meet at {angle:.1f} degrees, where 90 are expected; resample it to a straight grid"
        )


def canonical(
    array: npt.NDArray[np.generic], affine: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.float64]]:
    """Turn and flip the axes so that they point, as nearly as they can, to the head, the back and the left.

    No voxel changes its value or its place in the patient.

    Parameters
    ----------
    array : three axes, any order
    affine : 4 x 4; takes indices in the array's order to (L, P, S, 1) in mm

    Returns
    -------
    array : a view of the given one, axes (z, y, x)
    affine : 4 x 4, of the view
    """
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    fit = _CANONICAL_AXES.T @ axes  # (wanted axis, given axis)
    order = max(permutations(range(3)), key=lambda given: sum(abs(fit[i, given[i]]) for i in range(3)))
    out, turned = array.transpose(order), affine[:, [*order, 3]].copy()
    for axis in range(3):
        if fit[axis, order[axis]] < 0:
            turned[:, 3] += turned[:, axis] * (out.shape[axis] - 1)
            turned[:, axis] *= -1
            out = np.flip(out, axis)
    return out, turned
