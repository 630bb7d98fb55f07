"""A NIfTI file of a study in, its Volume and what a study says of it out."""

import numpy as np

from pleura.errors import GeometryError
from pleura.imaging.candidate import Candidate
from pleura.imaging.files import Entry
from pleura.imaging.fingerprint import fingerprint
from pleura.imaging.fitness_rules import FitnessRules
from pleura.imaging.grey_levels import levels_described
from pleura.imaging.limits import Limits
from pleura.imaging.nifti_read import read_nifti
from pleura.imaging.volume import Source, Volume

__all__ = ["describe", "read_nifti_volume", "refused"]

_GREY_LEVELS = "the voxels are pictures of 256 grey levels laid on a window; they are no Hounsfield units"


def read_nifti_volume(entry: Entry, rules: FitnessRules, limits: Limits) -> Volume:
    """Read a NIfTI file and hold it against the rules for series that apply to it.

    Raises
    ------
    StudyError
        As `read_nifti`; GeometryError also where slices are too few, too far apart, or cover too little.
    """
    hu, affine, header = read_nifti(entry.path, entry.name, limits)
    spacing = float(np.linalg.norm(affine[:3, 0]))
    count, rows, columns = hu.shape
    if count < rules.slices or min(rows, columns) < rules.matrix:
        raise GeometryError(
            f"{entry.name} has {count} slices of {rows} x {columns}, where at least {rules.slices} of {rules.matrix} x "
            f"{rules.matrix} are needed; give a whole chest series"
        )
    if spacing > rules.spacing_mm or spacing * count < rules.coverage_mm:
        raise GeometryError(
            f"{entry.name} covers {spacing * count:.0f} mm in slices {spacing:.1f} mm apart, where at least "
            f"{rules.coverage_mm:.0f} mm in slices at most {rules.spacing_mm:.1f} mm apart are needed"
        )
    notes = (_GREY_LEVELS,) if levels_described(header.description) else ()
    source = Source(format="nifti", sha256=fingerprint(hu, affine), series_description=header.description, notes=notes)
    return Volume(hu=hu, affine=affine, source=source)


def describe(entry: Entry, volume: Volume) -> Candidate:
    """Say of a NIfTI file that can be used what a study shows."""
    slices, rows, columns = volume.shape
    spacing = volume.spacing
    return Candidate(
        series_uid=entry.name,
        description=volume.source.series_description,
        kernel="",
        kernel_class="unknown",
        phase="",
        orientation="axial",
        slices=slices,
        rows=rows,
        columns=columns,
        thickness_mm=None,
        spacing_mm=spacing[0],
        pixel_mm=spacing[1:],
        coverage_mm=spacing[0] * slices,
        manufacturer="",
        scanner="",
        usable=True,
        chosen=False,
        reasons=(),
        rank=1,
    )


def refused(entry: Entry, reason: str) -> Candidate:
    """Say of a NIfTI file that it cannot be used, and why."""
    return Candidate(
        series_uid=entry.name,
        description="",
        kernel="",
        kernel_class="unknown",
        phase="",
        orientation="",
        slices=0,
        rows=0,
        columns=0,
        thickness_mm=None,
        spacing_mm=None,
        pixel_mm=None,
        coverage_mm=None,
        manufacturer="",
        scanner="",
        usable=False,
        chosen=False,
        reasons=(reason,),
        rank=None,
    )
