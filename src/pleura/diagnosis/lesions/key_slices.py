"""Lesion in each slice in; the few slices that show most of it out."""

import numpy as np
import numpy.typing as npt

__all__ = ["COUNT", "most_lesion"]

COUNT = 6
"""Slices that are named."""
_APART_MM = 10.0


def most_lesion(
    amounts: npt.NDArray[np.float64], spacing: float, *, count: int = COUNT, apart_mm: float = _APART_MM
) -> tuple[int, ...]:
    """Choose slices with most lesion that do not show the same twice.

    Parameters
    ----------
    amounts : lesion in each slice, (z,), any unit
    spacing : between slices, mm
    count : the most to choose
    apart_mm : least distance between two of them

    Returns
    -------
    Indices, that with most lesion first; none where there is no lesion.

    Examples
    --------
    >>> most_lesion(np.array([0.0, 3.0, 9.0, 8.0, 2.0, 5.0]), 5.0)
    (2, 5)
    """
    chosen: list[int] = []
    for k in np.argsort(-amounts, kind="stable"):
        if len(chosen) == count or amounts[k] == 0:
            break
        if all(abs(int(k) - other) * spacing >= apart_mm for other in chosen):
            chosen.append(int(k))
    return tuple(chosen)
