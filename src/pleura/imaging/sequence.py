"""The slices that a slice network sees: the number of lung slices in, their indices in order from feet to head out."""

import numpy as np
import numpy.typing as npt

from pleura.errors import GeometryError
from pleura.imaging.subsets import FEWEST_LUNG_SLICES

__all__ = ["slice_sequence"]


def slice_sequence(count: int, *, most: int, phase: float = 0.5) -> npt.NDArray[np.int64]:
    """Take every slice, or where there are too many, as many as may be taken, evenly spread.

    More than `most` slices are divided into `most` parts of the same length, and each part gives the slice that lies at
    `phase` in it: no gap between two slices is longer than the part's length rounded up, and none is taken twice.

    Parameters
    ----------
    count : number of the lungs' slices
    most : the most to take, 1 or more
    phase : 0 <= phase < 1; the middle of each part by default, so that the same study always gives the same slices

    Returns
    -------
    Indices, ascending, shape (min(count, most),); 0 is the lungs' first slice.

    Raises
    ------
    GeometryError
        If there are fewer than 8 slices.

    Examples
    --------
    >>> slice_sequence(9, most=16)
    array([0, 1, 2, 3, 4, 5, 6, 7, 8])
    >>> slice_sequence(40, most=8)
    array([ 2,  7, 12, 17, 22, 27, 32, 37])
    """
    if count < FEWEST_LUNG_SLICES:
        raise GeometryError(
            f"{count} slices show lung; the classifier needs at least {FEWEST_LUNG_SLICES}: "
            "use a series with thinner slices"
        )
    if count <= most:
        return np.arange(count, dtype=np.int64)
    spread = np.floor((phase + np.arange(most)) * (count / most)).astype(np.int64)
    return np.asarray(np.minimum(spread, count - 1))  # rounding may reach `count` for a phase next to 1
