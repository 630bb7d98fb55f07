"""Slice subsets for the classifier: the lungs' slice range in, indices that span it out.

Each subset takes one slice from each sixteenth of the lungs, with a random start, so that the whole of the lungs is
covered at any slice thickness; `docs/background/slice-subsets.md` says why.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pleura.errors import GeometryError

__all__ = ["FEWEST_LUNG_SLICES", "slice_subsets"]

FEWEST_LUNG_SLICES = 8
"""With fewer, more than half of a subset would be repeats."""


def slice_subsets(
    first: int, last: int, *, count: int = 5, slices: int = 16, seed: int | Sequence[int]
) -> npt.NDArray[np.int64]:
    """Draw subsets of slices, each evenly spread over the lungs from a random start.

    The interval is real valued, (last - first) / slices; the start is uniform within the first interval. Where the
    lungs have fewer than `slices` slices some are repeated.

    Parameters
    ----------
    first, last : the lungs' slices, [first, last)
    count : number of subsets
    slices : number of slices in each
    seed : one or more non-negative integers; the same seed gives the same subsets

    Returns
    -------
    Indices, shape (count, slices), each row ascending and within [first, last).

    Raises
    ------
    GeometryError
        If the lungs have fewer than 8 slices.

    Examples
    --------
    >>> slice_subsets(10, 42, count=2, slices=8, seed=0)
    array([[12, 16, 20, 24, 28, 32, 36, 40],
           [11, 15, 19, 23, 27, 31, 35, 39]])
    """
    extent = last - first
    if first < 0 or extent < FEWEST_LUNG_SLICES:
        raise GeometryError(
            f"the lungs span {max(extent, 0)} slices; the classifier needs at least {FEWEST_LUNG_SLICES}: "
            "use a series with thinner slices"
        )
    starts = np.random.default_rng(seed).random((count, 1))  # in intervals
    steps = np.floor((starts + np.arange(slices)) * (extent / slices)).astype(np.int64)
    return first + np.minimum(steps, extent - 1)  # rounding may reach `extent` for a start next to 1
