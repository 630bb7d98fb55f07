"""Bodies of known volume and area as masks on grids, for tests of surfaces."""

import numpy as np
import numpy.typing as npt

__all__ = ["ellipsoid", "grid", "points_of"]


def grid(spacing: tuple[float, float, float], *, shear: float = 0.0) -> npt.NDArray[np.float64]:
    """An affine (k, j, i, 1) to LPS mm; with a shear, each mm towards the head also moves to the back."""
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *spacing, 1.0
    affine[1, 0] = shear * spacing[0]
    affine[:3, 3] = (-31.0, 12.0, -207.0)
    return affine


def points_of(shape: tuple[int, int, int], affine: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """L, P, S in mm of each voxel's centre, (z, y, x, 3)."""
    indices = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return np.asarray(indices @ affine[:3, :3].T + affine[:3, 3])


def ellipsoid(
    shape: tuple[int, int, int], affine: npt.NDArray[np.float64], radii: tuple[float, float, float]
) -> npt.NDArray[np.bool_]:
    """An ellipsoid with radii along L, P, S in mm in the middle of the grid."""
    centre = affine[:3, :3] @ ((np.array(shape) - 1) / 2) + affine[:3, 3]
    return np.asarray((((points_of(shape, affine) - centre) / radii) ** 2).sum(axis=-1) <= 1)
