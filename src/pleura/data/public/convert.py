"""One scan of a published cohort in, its study and masks in a cohort's folder out, checked, or the reason why not."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pleura.data.cohort import SEXES
from pleura.data.linking import link_or_copy
from pleura.data.public.found import FoundScan, children
from pleura.errors import GeometryError, IntensityError, StudyError
from pleura.imaging.grey_levels import Window, describe_levels, from_levels
from pleura.imaging.grid import canonical
from pleura.imaging.limits import Limits
from pleura.imaging.metaimage_read import read_metaimage
from pleura.imaging.nifti_read import read_label_mask, read_nifti_header
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.slice_images import read_slice_images
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume

__all__ = ["Conversion", "convert_scan"]

_DARKEST = -1020
"""HU up to which a voxel may be what was not scanned."""
Note = dict[str, Any]
"""What the tables need to know of a case, as JSON can hold it."""


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """How the studies of one import are written."""

    folder: Path
    """The cohort's; holds folders `studies` and `masks`."""
    window: Window | None = None
    """What 0 and 255 stand for in scans of 8 bits."""
    extent: tuple[float, float] = (0.0, 0.0)
    """Width of a picture and length of a scan, mm."""
    first: str = "head"
    """Where the pictures begin."""
    copy: bool = False
    """Whether whole files are copied rather than linked."""


def convert_scan(scan: FoundScan, case: str, how: Conversion) -> Note:
    """Bring one scan into a cohort.

    A NIfTI file in HU and a DICOM series stay as they are; MetaImages, pictures and volumes of 8 bits become NIfTI of
    int16. What was written is read back as a training would read it.

    Parameters
    ----------
    scan : whose files are there
    case : name of its files
    how : where to, and what the user said

    Returns
    -------
    With "left_out", the reason, where it cannot be used, and no file of it left; otherwise the paths "study", "lungs"
    and "lesions" relative to the folder, "voxels", a hash of the images, "remarks", and what else the headers say.
    """
    try:
        study, more = _write_study(scan, case, how)
        volume, _ = load_study(how.folder / study)
    except StudyError as error:
        _remove(how.folder / "studies", case)
        return {"left_out": str(error)}
    remarks = _doubts(volume.hu) if scan.intensity == "8-bit" else []
    digest = hashlib.sha256(repr(volume.shape).encode() + volume.hu.tobytes()).hexdigest()
    note: Note = {"study": study, "voxels": digest, "remarks": remarks, **more}
    for kind, path in (("lungs", scan.lungs), ("lesions", scan.lesions)):
        if path is None:
            continue
        try:
            mask = _mask(path, volume)
            labels = _name_lungs(mask) if kind == "lungs" else (mask > 0).astype(np.uint8)
        except StudyError as error:
            remarks.append(f"its mask of {kind} was not taken: {error}")
            continue
        note[kind] = f"masks/{case}-{kind}.nii.gz"
        write_nifti(how.folder / note[kind], labels, volume.affine)
    return note


def _write_study(scan: FoundScan, case: str, how: Conversion) -> tuple[str, Note]:
    """Write or link the study; give its path and what its headers say besides."""
    if scan.form == "dicom":
        return _link_series(scan.study, case, how), {}
    if scan.form == "nifti" and scan.intensity == "hu":
        packed = scan.study.name.lower().endswith(".gz")
        path = f"studies/{case}.nii.gz" if packed else f"studies/{case}.nii"
        link_or_copy(scan.study, how.folder / path, copy=how.copy)
        return path, {}
    path, more, description = f"studies/{case}.nii.gz", {}, ""
    if scan.form == "metaimage":
        hu, affine, header = read_metaimage(scan.study)
        more = _person(header.words)
    else:
        if how.window is None:
            raise IntensityError("pictures of 8 bits without a window")
        levels, affine = _levels(scan, how)
        hu = from_levels(levels, how.window)
        description = describe_levels(how.window)
    write_nifti(how.folder / path, hu, affine, description=description)
    return path, more


def _doubts(hu: npt.NDArray[np.int16]) -> list[str]:
    """Say where the air of pictures of 8 bits came to lie, if not near -1000 HU as it does on the right window."""
    counts = np.bincount((hu[(hu > _DARKEST) & (hu < -700)].astype(np.int64) - _DARKEST + 10) // 20, minlength=16)
    if not counts.any():
        return []
    common = _DARKEST + 20 * int(counts.argmax())
    if common < -930:
        return []
    return [f"most of its air lies near {common} HU, where it is near -1000 on the right window: look at its pictures"]


def _levels(scan: FoundScan, how: Conversion) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """Grey levels on the canonical grid, and its affine."""
    if scan.form == "nifti":
        return read_label_mask(scan.study), _grid(scan.study)[1]
    stack = read_slice_images(scan.pictures)
    if how.first == "head":
        stack = stack[::-1]
    width, length = how.extent
    pixel = width / stack.shape[2]
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = length / len(stack), pixel, pixel, 1.0
    return stack, affine


def _grid(path: Path) -> tuple[tuple[int, ...], npt.NDArray[np.float64]]:
    """Shape and affine of a NIfTI once its axes are (z, y, x)."""
    header = read_nifti_header(path, path.name, Limits(ratio=2000))
    turned, affine = canonical(np.broadcast_to(np.uint8(0), header.shape), header.affine)
    return turned.shape, affine


def _mask(path: Path, volume: Volume) -> npt.NDArray[np.uint8]:
    shape, affine = _grid(path)
    if shape != volume.shape or not np.allclose(affine, volume.affine, atol=0.05):
        raise GeometryError(f"{path.name} of {shape} voxels does not lie on the grid of the study, {volume.shape}")
    return read_label_mask(path)


def _name_lungs(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Make 1 of the lung at the patient's right and 2 of the other, whatever their numbers were."""
    found = [int(label) for label in np.unique(mask) if label]
    if len(found) != 2:
        raise IntensityError(f"it has labels {found}, where one for each lung is expected")
    columns = [float(np.mean(np.nonzero(mask == label)[2])) for label in found]  # grow to the patient's left
    right, left = found if columns[0] < columns[1] else found[::-1]
    named = np.zeros_like(mask)
    named[mask == right], named[mask == left] = 1, 2
    return named


def _person(words: dict[str, str]) -> Note:
    """Sex and age as a header says them."""
    sex, age = words.get("PatientSex", "").strip(), words.get("PatientAge", "").strip().rstrip("Yy")
    said: Note = {"sex": sex} if sex in SEXES else {}
    return said | ({"age": int(age)} if age.isdecimal() and int(age) <= 130 else {})


def _link_series(folder: Path, case: str, how: Conversion) -> str:
    path = f"studies/{case}"
    for file in children(folder, folders=False):
        link_or_copy(file, how.folder / path / file.name, copy=how.copy)
    return path


def _remove(studies: Path, case: str) -> None:
    for path in (studies / f"{case}.nii", studies / f"{case}.nii.gz"):
        path.unlink(missing_ok=True)
    shutil.rmtree(studies / case, ignore_errors=True)
