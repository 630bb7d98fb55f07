"""A DICOM header in, one Plane for each frame out: where the slice lies and how its values become HU."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from pleura.imaging.dicom.tags import Tag
from pleura.imaging.dicom.values import integer, items, numbers, text, texts

__all__ = ["Plane", "classic_plane", "enhanced_planes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """One slice: geometry in the patient, reconstruction, and rescale; None or empty where the header does not say."""

    position: tuple[float, ...]
    """Centre of the first voxel, (L, P, S) mm; three numbers or none."""
    orientation: tuple[float, ...]
    """Directions of growing column and of growing row index, six cosines or none."""
    spacing: tuple[float, ...]
    """Between rows, between columns, mm; two numbers or none."""
    thickness: float | None
    """Nominal slice thickness, mm."""
    kernel: str
    image_type: tuple[str, ...]
    """FrameType of an enhanced frame, else ImageType."""
    slope: float | None
    intercept: float | None
    rescale_type: str
    padding: tuple[int, int] | None
    """First and last stored value that mean "not scanned", as written: unsigned, of 16 bits."""


def _exactly(count: int, values: tuple[float, ...]) -> tuple[float, ...]:
    return values if len(values) == count else ()


def _first(values: tuple[float, ...]) -> float | None:
    return values[0] if values else None


def _padding(dataset: Dataset) -> tuple[int, int] | None:
    value = integer(dataset, Tag.PADDING_VALUE)
    if value is None:
        return None
    limit = integer(dataset, Tag.PADDING_LIMIT)
    return value, value if limit is None else limit


def _plane(dataset: Dataset, at: Mapping[str, Sequence[Dataset]], image_type: tuple[str, ...]) -> Plane:
    """Make a plane of attributes looked up in the data sets for what they describe, the first that has each."""

    def values(where: str, tag: Tag) -> tuple[float, ...]:
        return next((found for group in at[where] if (found := numbers(group, tag))), ())

    def word(where: str, tag: Tag) -> str:
        return next((found for group in at[where] if (found := text(group, tag))), "")

    return Plane(
        position=_exactly(3, values("position", Tag.POSITION)),
        orientation=_exactly(6, values("orientation", Tag.ORIENTATION)),
        spacing=_exactly(2, values("measures", Tag.PIXEL_SPACING)),
        thickness=_first(values("measures", Tag.SLICE_THICKNESS)),
        kernel=word("reconstruction", Tag.KERNEL),
        image_type=image_type,
        slope=_first(values("rescale", Tag.RESCALE_SLOPE)),
        intercept=_first(values("rescale", Tag.RESCALE_INTERCEPT)),
        rescale_type=word("rescale", Tag.RESCALE_TYPE),
        padding=_padding(dataset),
    )


def classic_plane(dataset: Dataset) -> Plane:
    """Make the plane of a file with one slice, all of whose attributes stand at the top."""
    top = [dataset]
    at = dict.fromkeys(("position", "orientation", "measures", "reconstruction", "rescale"), top)
    return _plane(dataset, at, texts(dataset, Tag.IMAGE_TYPE))


def enhanced_planes(dataset: Dataset, frames: int) -> tuple[Plane, ...]:
    """Make the planes of a multi-frame file from its functional groups, a frame's own before the shared ones.

    Returns
    -------
    tuple
        `frames` planes in stored order; empty where the per-frame groups are absent or not `frames` of them.

    References
    ----------
    DICOM PS3.3, C.7.6.16 Multi-frame Functional Groups Module.
    """
    own = items(dataset, Tag.FRAME_GROUPS)
    if len(own) != frames:
        return ()
    shared = items(dataset, Tag.SHARED_GROUPS)[:1]
    sequences = {
        "position": Tag.POSITION_SEQUENCE,
        "orientation": Tag.ORIENTATION_SEQUENCE,
        "measures": Tag.MEASURES_SEQUENCE,
        "reconstruction": Tag.RECONSTRUCTION_SEQUENCE,
        "rescale": Tag.VALUE_TRANSFORMATION_SEQUENCE,
        "type": Tag.FRAME_TYPE_SEQUENCE,
    }
    common = {name: [item for group in shared for item in items(group, tag)[:1]] for name, tag in sequences.items()}
    planes = []
    for group in own:
        at = {name: [*items(group, tag)[:1], *common[name]] for name, tag in sequences.items()}
        kinds = next((found for item in at["type"] if (found := texts(item, Tag.FRAME_TYPE))), ())
        planes.append(_plane(dataset, at, kinds or texts(dataset, Tag.IMAGE_TYPE)))
    return tuple(planes)
