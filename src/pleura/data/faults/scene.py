"""One slice and what a fault needs to know of it in; measures of it out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["AIR_HU", "Image", "Mask", "Scene", "as_image", "body_of", "root_mean_square"]

Image = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

AIR_HU = -1000.0
"""What surrounds a patient."""
_BODY_HU = -400.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """A slice before a fault is drawn into it; all arrays are (rows, columns), square and alike."""

    image: Image
    """HU."""
    lungs: Mask
    """At least one pixel."""
    neighbour: Image
    """The same for a slice next to this one, HU: what comes into view when the patient breathes."""
    pixel: float
    """Distance between pixels, mm."""


def as_image(values: npt.ArrayLike) -> Image:
    """Give values as float32, copied only if they are not."""
    return np.asarray(values, dtype=np.float32)


def body_of(image: Image, lungs: Mask) -> tuple[int, int, int, int]:
    """Find the box of the chest around the lungs: first and last row, first and last column.

    Rows and columns count whose pixels are for a tenth or more tissue, in the box that holds the lungs and the tissue
    connected to them along rows and columns.

    Parameters
    ----------
    image : HU
    lungs : at least one pixel
    """
    inside = (image > _BODY_HU) | lungs
    rows, columns = np.flatnonzero(lungs.any(axis=1)), np.flatnonzero(lungs.any(axis=0))
    across = inside[rows[0] : rows[-1] + 1].mean(axis=0) >= 0.1
    down = inside[:, columns[0] : columns[-1] + 1].mean(axis=1) >= 0.1
    top, bottom = _run(down, rows[0], rows[-1])
    left, right = _run(across, columns[0], columns[-1])
    return top, bottom, left, right


def _run(inside: Mask, first: int, last: int) -> tuple[int, int]:
    """Grow a range while its neighbours are inside."""
    while first > 0 and inside[first - 1]:
        first -= 1
    while last + 1 < len(inside) and inside[last + 1]:
        last += 1
    return int(first), int(last)


def root_mean_square(values: Image) -> float:
    """Give the root of the mean square, in the values' units; 0 of none."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64)))) if values.size else 0.0
