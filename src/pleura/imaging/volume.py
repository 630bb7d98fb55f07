"""A CT volume: int16 voxels in HU on a known grid in the patient, immutable, with where it came from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["Source", "Volume"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a volume came from, in DICOM's words; empty where the input does not say."""

    format: str
    """"dicom", "nifti", or "synthetic" for a case that was never a file."""
    sha256: str
    """Hash over the decoded voxels and the affine, so that the same images give the same hash in any packing."""
    patient_id: str = ""
    study_uid: str = ""
    series_uid: str = ""
    study_date: str = ""
    series_description: str = ""
    manufacturer: str = ""
    scanner: str = ""
    kernel: str = ""
    frame_of_reference_uid: str = ""
    notes: tuple[str, ...] = ()
    """What was done on the way in that a reader should know, such as a tilt that was corrected."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Volume:
    """One CT volume on the canonical grid.

    Raises
    ------
    ValueError
        If the array is not int16 with three axes, or the affine is not 4 x 4, finite and canonical.
    """

    hu: npt.NDArray[np.int16]
    """Hounsfield units, axes (z, y, x): z from feet to head, y from front to back, x to the patient's left."""
    affine: npt.NDArray[np.float64]
    """4 x 4; takes (k, j, i, 1), indices in array order, to (L, P, S, 1) in mm, DICOM's patient axes."""
    source: Source

    def __post_init__(self) -> None:
        if self.hu.dtype != np.int16 or self.hu.ndim != 3 or 0 in self.hu.shape:
            raise ValueError(f"need int16 voxels with axes (z, y, x), got {self.hu.dtype} of shape {self.hu.shape}")
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise ValueError(f"need a finite 4 x 4 affine, got {affine.tolist()}")
        if not (affine[2, 0] > 0 and affine[1, 1] > 0 and affine[0, 2] > 0):
            raise ValueError(f"need axes (feet to head, front to back, to the left), got {affine.tolist()}")
        hu = self.hu.view()
        hu.flags.writeable = False
        affine.flags.writeable = False
        object.__setattr__(self, "hu", hu)
        object.__setattr__(self, "affine", affine)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of slices, rows, columns."""
        z, y, x = self.hu.shape
        return z, y, x

    @cached_property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between neighbouring voxels along (z, y, x), mm."""
        z, y, x = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(z), float(y), float(x)

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel, millilitres."""
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000.0
