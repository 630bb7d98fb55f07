"""An array on a Volume's grid in, a NIfTI file out, whole or not at all."""

from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

from pleura.whole_file import whole_file

__all__ = ["ras_affine", "write_nifti"]


def ras_affine(affine: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """NIfTI's affine, (i, j, k) to (R, A, S) mm, of ours, (k, j, i) to (L, P, S) mm; 4 x 4."""
    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    return np.asarray(flip @ affine[:, [2, 1, 0, 3]], dtype=np.float64)


def write_nifti(
    path: Path,
    array: npt.NDArray[np.integer],
    affine: npt.NDArray[np.float64],
    *,
    scale: float = 1.0,
    description: str = "",
) -> None:
    """Write a mask, a map or a volume; a file of that name is replaced only when the new one is whole.

    Parameters
    ----------
    path : ends in .nii or .nii.gz
    array : integers, axes (z, y, x)
    affine : 4 x 4, (k, j, i, 1) to (L, P, S, 1) in mm, as `Volume.affine`
    scale : what one unit of the array is worth; 1 / 255 stores a map of 0 to 1 as uint8
    description : at most 79 bytes, kept in the header

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    image = nib.Nifti1Image(np.ascontiguousarray(array).transpose(2, 1, 0), ras_affine(affine), dtype=array.dtype)
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = description.encode()[:79]
    if scale != 1.0:
        image.header.set_slope_inter(scale, 0.0)
    with whole_file(path) as made:
        nib.save(image, made)
