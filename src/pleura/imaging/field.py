"""A lung mask in, the field that the classifier sees out: which slices, and which rows and columns of each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.errors import GeometryError
from pleura.imaging.lungs import lung_slices
from pleura.imaging.volume import Volume

__all__ = ["FIELDS", "Field", "find_field"]

FIELDS = ("slice", "lungs")
"""What a field may cover in plane: the whole slice, or a square around the lungs."""

MARGIN_MM = 10.0
"""Left around the lungs on every side: chest wall, and room for a border that was found a little too far in."""


@dataclass(frozen=True)
class Field:
    """A box on a volume's grid, each range [first, last); rows and columns may reach beyond the image."""

    slices: tuple[int, int]
    rows: tuple[int, int]
    columns: tuple[int, int]

    def __post_init__(self) -> None:
        for name in ("slices", "rows", "columns"):
            first, last = getattr(self, name)
            if first >= last:
                raise GeometryError(f"a field's {name} go from {first} to {last}; need at least one")


def find_field(lungs: npt.NDArray[np.uint8], volume: Volume, kind: str) -> Field:
    """Find the field for a study.

    Parameters
    ----------
    lungs : 0 outside, other values inside, on the volume's grid
    volume : gives the pixels' size
    kind : "slice": the lungs' slices as they are, as UCADI has it. "lungs": of these slices the square around the
        lungs' bounding box with a margin of 10 mm, so that the lungs fill the input whatever the scan's field of view

    Raises
    ------
    GeometryError
        If the mask is not on the volume's grid, or `kind` is neither.
    NoLungsError
        If the mask is empty.
    """
    if lungs.shape != volume.shape:
        raise GeometryError(f"lungs of shape {lungs.shape} on a volume of shape {volume.shape}; need the same")
    extent = lung_slices(lungs)
    slices = (extent.start, extent.stop)
    if kind == "slice":
        return Field(slices, (0, volume.shape[1]), (0, volume.shape[2]))
    if kind != "lungs":
        raise GeometryError(f'no field is called "{kind}"; choose one of {", ".join(FIELDS)}')
    shadow = lungs[extent].max(axis=0)  # (y, x)
    across = [np.flatnonzero(shadow.max(axis=axis)) for axis in (1, 0)]
    spacing = volume.spacing[1:]
    bounds = [(int(hit[0]), int(hit[-1]) + 1) for hit in across]
    side = max((last - first) * step for (first, last), step in zip(bounds, spacing, strict=True)) + 2 * MARGIN_MM
    rows, columns = (_centred(*bound, side / step) for bound, step in zip(bounds, spacing, strict=True))
    return Field(slices, rows, columns)


def _centred(first: int, last: int, length: float) -> tuple[int, int]:
    """Range of about `length` around the middle of [first, last)."""
    whole = round(length)
    start = round((first + last - whole) / 2)
    return start, start + whole
