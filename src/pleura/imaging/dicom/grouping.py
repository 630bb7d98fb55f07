"""Headers of a study in, its series out: by SeriesInstanceUID, and within it by plane, matrix, spacing and kernel."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pleura.imaging.dicom.header import DicomFile
from pleura.imaging.dicom.planes import Plane

__all__ = ["Series", "Slice", "group", "without_copies"]


@dataclass(frozen=True, slots=True)
class Slice:
    """One frame of one file."""

    file: DicomFile
    frame: int

    @property
    def plane(self) -> Plane:
        """Where the slice lies and how its values become HU."""
        return self.file.planes[self.frame]


@dataclass(frozen=True, kw_only=True)
class Series:
    """Slices that could form one volume."""

    slices: tuple[Slice, ...] = field(repr=False)
    siblings: tuple["Series", ...] = field(default=(), repr=False)
    """Other groups of the same SeriesInstanceUID that differ in the kernel alone."""

    @property
    def first(self) -> Slice:
        """A slice that speaks for what all share."""
        return self.slices[0]


def _rounded(values: tuple[float, ...], digits: int) -> tuple[float, ...]:
    return tuple(round(value, digits) + 0.0 for value in values)


_Key = tuple[object, ...]


def _key_but_kernel(slice_: Slice) -> _Key:
    file, plane = slice_.file, slice_.plane
    return (
        file.series_uid,
        file.modality,
        file.sop_class,
        _rounded(plane.orientation, 3),
        (file.rows, file.columns),
        _rounded(plane.spacing, 4),
        "LOCALIZER" in plane.image_type,
    )


def without_copies(files: Iterable[DicomFile]) -> tuple[list[DicomFile], int]:
    """Drop files that are copies, byte for byte, of one already seen under the same SOPInstanceUID.

    Files that share the UID but differ stay, and show as duplicate positions.

    Returns
    -------
    files : in the given order
    dropped : how many copies there were
    """
    seen: dict[str, list[DicomFile]] = {}
    hashes: dict[str, bytes] = {}
    dropped = 0

    def digest(file: DicomFile) -> bytes:
        if file.name not in hashes:
            with file.path.open("rb") as stream:
                hashes[file.name] = hashlib.file_digest(stream, "sha256").digest()
        return hashes[file.name]

    for file in files:
        twins = seen.setdefault(file.sop_uid or file.name, [])
        if any(digest(twin) == digest(file) for twin in twins):
            dropped += 1
        else:
            twins.append(file)
    return [file for twins in seen.values() for file in twins], dropped


def group(files: Sequence[DicomFile]) -> list[Series]:
    """Sort every frame of every file into series, in the order in which the series first appear.

    Frames are of one series where SeriesInstanceUID, modality, orientation (to 0.001), rows, columns, pixel spacing
    (to 0.0001 mm) and convolution kernel agree.
    """
    groups: dict[_Key, dict[str, list[Slice]]] = {}
    for file in files:
        for frame in range(len(file.planes)):
            slice_ = Slice(file, frame)
            kernels = groups.setdefault(_key_but_kernel(slice_), {})
            kernels.setdefault(slice_.plane.kernel, []).append(slice_)
    out = []
    for kernels in groups.values():
        alone = {kernel: Series(slices=tuple(slices)) for kernel, slices in kernels.items()}
        for kernel, series in alone.items():
            siblings = tuple(other for name, other in alone.items() if name != kernel)
            out.append(Series(slices=series.slices, siblings=siblings))
    return out
