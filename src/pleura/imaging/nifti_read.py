"""A NIfTI file in, its voxels in HU on the canonical grid out; sizes are checked before anything is allocated."""

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import nibabel as nib
import numpy as np
import numpy.typing as npt

from pleura.errors import GeometryError, IntensityError, UnreadableFileError, UnsafeArchiveError
from pleura.imaging.boundary import reading
from pleura.imaging.grid import canonical, check_grid
from pleura.imaging.hounsfield import AIR, implausible
from pleura.imaging.limits import Limits

__all__ = ["NiftiHeader", "is_nifti_name", "read_label_mask", "read_nifti", "read_nifti_header"]

_DTYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
"""Data type codes that hold one real number a voxel."""
_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""Millimetres to a unit of space by its code; 0, not stated, is taken for mm as everyone does."""
_HEADERS = {348: nib.Nifti1Header, 540: nib.Nifti2Header}
_GZIP = b"\x1f\x8b"
_MASK_LIMITS = Limits(ratio=1100.0)
"""A mask of few labels packs as far as gzip can go."""


@dataclass(frozen=True, kw_only=True)
class NiftiHeader:
    """What is needed to read the voxels."""

    packed: bool
    """Whether the file is compressed by gzip."""
    offset: int
    """First byte of the voxels, once unpacked."""
    dtype: np.dtype[np.generic]
    shape: tuple[int, int, int]
    """Along (k, j, i): the file's own axes, the slowest first."""
    affine: npt.NDArray[np.float64]
    """4 x 4; takes (k, j, i, 1) to (L, P, S, 1) in mm."""
    slope: float
    intercept: float
    description: str


def is_nifti_name(name: str) -> bool:
    """Whether a file is called as NIfTI files are."""
    return name.lower().endswith((".nii", ".nii.gz"))


def _open(path: Path) -> tuple[IO[bytes], bool]:
    """Open the file for its bytes once unpacked, and say whether it is packed."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return cast(IO[bytes], gzip.open(path, "rb") if packed else path.open("rb")), packed


def _affine(header: nib.Nifti1Header, name: str) -> npt.NDArray[np.float64]:
    """(k, j, i) to LPS mm from the sform, else the qform; refused where neither is set."""
    sform, qform = int(header["sform_code"]), int(header["qform_code"])
    if sform <= 0 and qform <= 0:
        raise GeometryError(
            f"{name} has no affine (sform_code and qform_code are 0), so left and right are unknown; convert it from "
            "DICOM again"
        )
    with reading(name):
        ras = np.array(header.get_sform() if sform > 0 else header.get_qform(), dtype=np.float64)
        ras[:3] *= _MM.get(int(header["xyzt_units"]) & 7, 1.0)
        affine: npt.NDArray[np.float64] = (np.diag([-1.0, -1.0, 1.0, 1.0]) @ ras)[:, [2, 1, 0, 3]]
    check_grid(affine, name)
    return affine


def _shape(header: nib.Nifti1Header, name: str, limits: Limits) -> tuple[int, int, int]:
    """Voxels along (k, j, i); refused unless three axes, and within the limits."""
    dims = [int(d) for d in header["dim"]]
    axes = dims[1 : dims[0] + 1] if 1 <= dims[0] <= 7 else []
    if len(axes) < 3 or min(axes) < 1 or any(length != 1 for length in axes[3:]):
        raise GeometryError(f"{name} has axes of {axes}, where three are expected; give one volume of the series")
    i, j, k = axes[:3]
    if max(i, j, k) > max(limits.slices, limits.matrix) or i * j * k > limits.voxels:
        raise UnreadableFileError(
            f"{name} claims {i} x {j} x {k} voxels, past the limits ({limits.matrix} a side, {limits.voxels} in all)"
        )
    return k, j, i


def read_nifti_header(path: Path, name: str, limits: Limits) -> NiftiHeader:
    """Read and check the header, and hold the size of the file against it.

    Raises
    ------
    UnreadableFileError
        If it is not NIfTI in one file, of a type that holds no real numbers, too large, or shorter than it says.
    UnsafeArchiveError
        If it would unpack to more than an honest file does.
    GeometryError
        If it has not three axes, or no straight affine.
    """
    with reading(name):
        stream, packed = _open(path)
        with stream:
            block = stream.read(540)
        size = path.stat().st_size
    if not block:
        raise UnreadableFileError(f"{name} is empty; export it again")
    length = next((n for n in _HEADERS if block[:4] in (n.to_bytes(4, "little"), n.to_bytes(4, "big"))), 0)
    if not length or len(block) < length:
        raise UnreadableFileError(f"{name} is not NIfTI, or is cut off within its header; export it again")
    with reading(name):
        header = _HEADERS[length](block[:length], check=False)  # type: ignore[no-untyped-call]
        magic = bytes(header["magic"].tobytes()[:2])
        offset, code = int(header["vox_offset"]), int(header["datatype"])
        slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
        description = bytes(header["descrip"].tobytes()).split(b"\0")[0].decode("ascii", "replace")
        order = header.endianness
    if magic != b"n+":
        raise UnreadableFileError(f"{name} is not NIfTI in one file (.nii); convert it")
    if code not in _DTYPES:
        raise UnreadableFileError(f"{name} holds data of type {code}, not one number a voxel in HU; convert it")
    shape = _shape(header, name, limits)
    dtype = np.dtype(f"{order}{_DTYPES[code]}")
    voxel_bytes = dtype.itemsize * shape[0] * shape[1] * shape[2]
    if not length <= offset <= limits.header_bytes:
        raise UnreadableFileError(f"{name} says its voxels begin at byte {offset}, which cannot be; export it again")
    if not packed and size != offset + voxel_bytes:
        raise UnreadableFileError(
            f"{name} has {size} bytes where its header says {offset + voxel_bytes}; export it again"
        )
    if packed and voxel_bytes > limits.ratio_from and voxel_bytes > limits.ratio * size:
        raise UnsafeArchiveError(
            f"{name} would unpack to {voxel_bytes / size:.0f} times its size, where {limits.ratio:g} are allowed"
        )
    if not (np.isfinite(slope) and np.isfinite(intercept)) or slope == 0:
        slope, intercept = 1.0, 0.0  # the standard's way to say that there is no scaling
    return NiftiHeader(
        packed=packed,
        offset=offset,
        dtype=dtype,
        shape=shape,
        affine=_affine(header, name),
        slope=slope,
        intercept=intercept,
        description="".join(c if c.isprintable() else " " for c in description).strip(),
    )


def _convert(values: npt.NDArray[np.generic], out: npt.NDArray[np.int16], header: NiftiHeader, name: str) -> None:
    """One slice of the file's numbers to HU."""
    if header.dtype.kind == "f" and not np.isfinite(values).all():
        raise IntensityError(
            f"{name} holds {np.count_nonzero(~np.isfinite(values))} voxels in one slice that are not numbers (NaN or "
            "infinity); fill them with -1024 where nothing was scanned"
        )
    scaled = values.astype(np.float64) * header.slope + header.intercept
    np.clip(np.rint(scaled, out=scaled), -32768, 32767, out=scaled)
    out[...] = scaled


def read_nifti(
    path: Path, name: str, limits: Limits
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float64], NiftiHeader]:
    """Read the voxels of a NIfTI file as HU.

    Parameters
    ----------
    path : .nii or .nii.gz
    name : what messages should call it

    Returns
    -------
    hu : int16, axes (z, y, x), contiguous; nothing below -1024
    affine : 4 x 4, (k, j, i, 1) to (L, P, S, 1) mm
    header : as the file has it

    Raises
    ------
    UnreadableFileError, UnsafeArchiveError, GeometryError
        As `read_nifti_header`; also if the voxels end before the header says so, or after.
    IntensityError
        If voxels are not finite, or cannot be HU of a chest.
    """
    header = read_nifti_header(path, name, limits)
    turned, affine = canonical(_read_voxels(path, name, header), header.affine)
    hu = np.ascontiguousarray(turned, dtype=np.int16)
    if problem := implausible(hu):
        raise IntensityError(f"{name} has {problem}; convert it from DICOM with its rescale, in HU")
    np.maximum(hu, AIR, out=hu)
    return hu, affine, header


def read_label_mask(path: Path) -> npt.NDArray[np.uint8]:
    """Read a mask of labels.

    Parameters
    ----------
    path : .nii or .nii.gz of whole numbers from 0 to 255

    Returns
    -------
    Axes (z, y, x): to the head, to the back, to the left, as in a `Volume`.

    Raises
    ------
    UnreadableFileError, UnsafeArchiveError, GeometryError
        As `read_nifti_header`.
    IntensityError
        If a label lies outside 0 to 255.
    """
    header = read_nifti_header(path, path.name, _MASK_LIMITS)
    labels, _ = canonical(_read_voxels(path, path.name, header), header.affine)
    if labels.min() < 0 or labels.max() > 255:
        raise IntensityError(f"{path.name} has labels from {labels.min()} to {labels.max()}; need 0 to 255")
    return np.ascontiguousarray(labels, dtype=np.uint8)


def _read_voxels(path: Path, name: str, header: NiftiHeader) -> npt.NDArray[np.int16]:
    """Read the file's numbers, rounded to int16, along the file's own axes (k, j, i)."""
    hu = np.empty(header.shape, np.int16)
    direct = header.dtype == np.int16 and header.slope == 1.0 and header.intercept == 0.0
    buffer = np.empty(header.shape[1:], header.dtype)
    with reading(name):
        stream, _ = _open(path)
        with stream:
            stream.seek(header.offset)
            for slice_ in hu:
                target = slice_ if direct else buffer
                got = stream.readinto(target.reshape(-1).view(np.uint8).data)  # type: ignore[attr-defined]
                if got != target.nbytes:
                    raise UnreadableFileError(f"{name} ends before its header says; export it again")
                if not direct:
                    _convert(buffer, slice_, header, name)
            if stream.read(1):
                raise UnreadableFileError(f"{name} goes on after its header says it ends; export it again")
    return hu
