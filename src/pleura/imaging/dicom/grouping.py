"""Headers of a study in, its series out: by SeriesInstanceUID, and within it by plane, matrix, spacing and kernel."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pleura.imaging.boundary import reading
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
    kernels: Mapping[str, Sequence[Slice]] = field(repr=False)
    """By kernel, these slices and those of the same SeriesInstanceUID that differ from them in the kernel alone."""

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
    """Count a series once that was exported several times.

    Files are copies where they share the SOPInstanceUID and every byte. They are dropped from a series in which each
    file is there equally often; a stray copy of some slices stays, and shows as duplicate positions.

    Returns
    -------
    files : in the order of their first appearance
    dropped : how many copies there were
    """
    by_uid: dict[str, list[DicomFile]] = {}
    for file in files:
        by_uid.setdefault(file.sop_uid or file.name, []).append(file)
    distinct: dict[str, list[list[DicomFile]]] = {}  # of each series, the copies of each file
    for twins in by_uid.values():
        copies: dict[object, list[DicomFile]] = {}
        for file in twins:
            copies.setdefault(_digest(file) if len(twins) > 1 else None, []).append(file)
        for same in copies.values():
            distinct.setdefault(same[0].series_uid, []).append(same)
    kept, dropped = [], 0
    for series in distinct.values():
        once = len({len(same) for same in series}) == 1
        for same in series:
            kept += same[:1] if once else same
            dropped += len(same) - 1 if once else 0
    return kept, dropped


def _digest(file: DicomFile) -> bytes:
    with reading(file.name), file.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


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
    return [Series(slices=tuple(slices), kernels=kernels) for kernels in groups.values() for slices in kernels.values()]
