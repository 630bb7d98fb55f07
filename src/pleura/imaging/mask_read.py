"""A NIfTI mask in, its labels with their grid out; or on a volume's grid, refused where it lies elsewhere."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.errors import GeometryError
from pleura.imaging.grid import canonical
from pleura.imaging.limits import Limits
from pleura.imaging.nifti_read import read_label_mask, read_nifti_header
from pleura.imaging.volume import Volume

__all__ = ["LabelMask", "check_same_grid", "read_mask", "read_mask_on"]

_TOLERANCE_VOXELS = 0.1
"""How far a mask's corners may lie from the volume's: formats round their affines."""


@dataclass(frozen=True, eq=False)
class LabelMask:
    """Labels and where they lie."""

    labels: npt.NDArray[np.uint8]
    """(z, y, x): to the head, to the back, to the left."""
    affine: npt.NDArray[np.float64]
    """4 x 4, (k, j, i, 1) to (L, P, S, 1) in mm."""


def read_mask(path: Path) -> LabelMask:
    """Read a mask of labels with its grid.

    Parameters
    ----------
    path : .nii or .nii.gz of whole numbers from 0 to 255

    Raises
    ------
    UnreadableFileError, UnsafeArchiveError, GeometryError, IntensityError
        As `pleura.imaging.nifti_read.read_label_mask`.
    """
    labels = read_label_mask(path)
    header = read_nifti_header(path, path.name, Limits(ratio=1100.0))
    _, affine = canonical(np.broadcast_to(np.uint8(0), header.shape), header.affine)
    return LabelMask(labels, affine)


def check_same_grid(
    shape: tuple[int, ...],
    affine: npt.NDArray[np.float64],
    other_shape: tuple[int, ...],
    other_affine: npt.NDArray[np.float64],
    *,
    name: str,
    other: str,
) -> None:
    """Refuse two grids that do not lie on each other.

    Parameters
    ----------
    shape, affine : of one, axes (z, y, x)
    other_shape, other_affine : of the other
    name, other : what the message calls them

    Raises
    ------
    GeometryError
        If shapes differ, or a corner lies more than a tenth of a voxel away.
    """
    advice = "draw it on that series, or resample it to its grid without mixing labels (nearest neighbour)"
    if shape != other_shape:
        raise GeometryError(f"{name} has the shape {shape}, {other} {other_shape}; {advice}")
    corners = np.array([[z, y, x, 1.0] for z in (0, shape[0]) for y in (0, shape[1]) for x in (0, shape[2])])
    apart = np.abs(np.linalg.solve(other_affine, affine @ corners.T) - corners.T).max()
    if apart > _TOLERANCE_VOXELS:
        raise GeometryError(f"{name} lies {apart:.1f} voxels away from {other}, whose shape it has; {advice}")


def read_mask_on(path: Path, volume: Volume) -> npt.NDArray[np.uint8]:
    """Read a mask that was drawn on a volume.

    Parameters
    ----------
    path : as for `read_mask`
    volume : that it belongs to

    Raises
    ------
    GeometryError
        If it lies on another grid; and as `read_mask`.
    """
    mask = read_mask(path)
    check_same_grid(mask.labels.shape, mask.affine, volume.shape, volume.affine, name=path.name, other="the study")
    return mask.labels
