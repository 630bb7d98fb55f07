"""A usable series in, its Volume out: decoded, straightened, on the canonical grid, with notes on what was done."""

import numpy as np

from pleura.errors import GeometryError, IntensityError
from pleura.imaging.dicom.decode_pool import DecoderPool
from pleura.imaging.dicom.stack import read_stack
from pleura.imaging.dicom.survey import Finding
from pleura.imaging.dicom.tilt import straighten
from pleura.imaging.fingerprint import fingerprint
from pleura.imaging.grid import canonical
from pleura.imaging.hounsfield import AIR, implausible
from pleura.imaging.volume import Source, Volume

__all__ = ["assemble"]


def assemble(finding: Finding, notes: tuple[str, ...], pool: DecoderPool) -> Volume:
    """Read a series into a Volume.

    Parameters
    ----------
    finding : of a series without reasons against it
    notes : what is already known of its study that a reader should know
    pool : decodes compressed slices

    Raises
    ------
    UnreadableFileError
        If pixel data are truncated or damaged.
    IntensityError
        If the values cannot be HU of a chest.
    """
    grid, file, plane = finding.grid, finding.series.first.file, finding.series.first.plane
    if grid is None:
        raise GeometryError(f"{file.series_description or file.series_uid} forms no regular stack")
    hu, padded = read_stack(finding.ordered, pool)
    affine = grid.affine
    added = []
    if padded:
        added.append(f"what the scanner marked as not scanned was set to air ({AIR} HU)")
    if grid.tilt_degrees:
        hu, affine = straighten(hu, affine)
        added.append(f"a gantry tilt of {grid.tilt_degrees:.1f} degrees was corrected by resampling within the slices")
    if finding.traits.derived:
        added.append("the series is derived from other images, not as the scanner made it")
    if finding.traits.lossy:
        added.append("the series was compressed with loss")
    if finding.traits.phase:
        added.append(f"contrast phase: {finding.traits.phase}")
    turned, affine = canonical(hu, affine)
    hu = np.ascontiguousarray(turned, dtype=np.int16)
    if problem := implausible(hu):
        raise IntensityError(f"{file.series_description or file.series_uid} has {problem}; export it in HU")
    return Volume(
        hu=hu,
        affine=affine,
        source=Source(
            format="dicom",
            sha256=fingerprint(hu, affine),
            patient_id=file.patient_id,
            study_uid=file.study_uid,
            series_uid=file.series_uid,
            study_date=file.study_date,
            series_description=file.series_description,
            manufacturer=file.manufacturer,
            scanner=file.scanner,
            kernel=plane.kernel,
            frame_of_reference_uid=file.frame_of_reference_uid,
            notes=(*notes, *added),
        ),
    )
