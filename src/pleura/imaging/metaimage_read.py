"""A MetaImage file (.mha) in, its voxels in HU on the canonical grid and its header's words out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK

from pleura.errors import GeometryError, IntensityError, UnreadableFileError
from pleura.imaging.boundary import reading
from pleura.imaging.grid import canonical, check_grid
from pleura.imaging.hounsfield import AIR, implausible
from pleura.imaging.limits import Limits

__all__ = ["MetaImageHeader", "read_metaimage", "read_metaimage_header"]

_itk: Any = SimpleITK
"""Its functions have no types."""
_HEADER_BYTES = 65536
"""A header of words is far shorter."""


@dataclass(frozen=True, kw_only=True)
class MetaImageHeader:
    """What stands before the voxels."""

    shape: tuple[int, int, int]
    """Along (k, j, i), the slowest first."""
    affine: npt.NDArray[np.float64]
    """4 x 4; takes (k, j, i, 1) to (L, P, S, 1) in mm."""
    words: dict[str, str]
    """What else the header says, such as "PatientSex"."""


def read_metaimage_header(path: Path, limits: Limits = Limits()) -> MetaImageHeader:
    """Read and check the header; no voxel is read.

    Raises
    ------
    UnreadableFileError
        If it is no MetaImage, says that its voxels lie in another file, or claims more than the limits allow.
    GeometryError
        If it has not three axes, or they are not straight.
    """
    name = path.name
    _check_whole(path)
    reader = _itk.ImageFileReader()
    reader.SetImageIO("MetaImageIO")
    reader.SetFileName(str(path))
    with reading(name):
        reader.ReadImageInformation()
        size = tuple(int(length) for length in reader.GetSize())
        parts = int(reader.GetNumberOfComponents())
        words = {key: str(reader.GetMetaData(key)) for key in reader.GetMetaDataKeys()}
        spacing, origin, turn = reader.GetSpacing(), reader.GetOrigin(), reader.GetDirection()
    if len(size) != 3 or min(size) < 1 or parts != 1:
        raise GeometryError(f"{name} has axes of {list(size)} and {parts} values a voxel, where a volume is expected")
    i, j, k = size
    if max(i, j, k) > max(limits.slices, limits.matrix) or i * j * k > limits.voxels:
        raise UnreadableFileError(
            f"{name} claims {i} x {j} x {k} voxels, past the limits ({limits.matrix} a side, {limits.voxels} in all)"
        )
    affine = np.eye(4)
    affine[:3, :3] = (np.reshape(turn, (3, 3)) * np.asarray(spacing))[:, ::-1]  # columns: k, j, i
    affine[:3, 3] = origin
    check_grid(affine, name)
    return MetaImageHeader(shape=(k, j, i), affine=affine, words=words)


def _check_whole(path: Path) -> None:
    """Refuse a header that points to another file, which could be any file of this machine."""
    with reading(path.name), path.open("rb") as file:
        start = file.read(_HEADER_BYTES)
    words = start.partition(b"ElementDataFile")[2].partition(b"\n")[0].strip(b" \t\r=")
    if words != b"LOCAL":
        raise UnreadableFileError(f"{path.name} is no MetaImage file with its voxels in it (.mha); convert it")


def read_metaimage(
    path: Path, limits: Limits = Limits()
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float64], MetaImageHeader]:
    """Read the voxels as HU.

    Parameters
    ----------
    path : .mha
    limits : what is refused as too large

    Returns
    -------
    hu : int16, axes (z, y, x), contiguous; nothing below -1024
    affine : 4 x 4, (k, j, i, 1) to (L, P, S, 1) mm
    header : as the file has it

    Raises
    ------
    UnreadableFileError, GeometryError
        As `read_metaimage_header`; also if the voxels are damaged.
    IntensityError
        If voxels are not finite, or cannot be HU of a chest.
    """
    header = read_metaimage_header(path, limits)
    with reading(path.name):
        values = _itk.GetArrayFromImage(_itk.ReadImage(str(path), imageIO="MetaImageIO"))
    if values.shape != header.shape:
        raise UnreadableFileError(f"{path.name} holds voxels of {values.shape}, where its header says {header.shape}")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise IntensityError(f"{path.name} holds voxels that are not numbers; fill them with -1024")
    turned, affine = canonical(np.clip(np.rint(values), -32768, 32767), header.affine)
    hu = np.ascontiguousarray(turned, dtype=np.int16)
    if problem := implausible(hu):
        raise IntensityError(f"{path.name} has {problem}; convert it from DICOM with its rescale, in HU")
    np.maximum(hu, AIR, out=hu)
    return hu, affine, header
