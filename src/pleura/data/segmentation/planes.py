"""A volume, its lungs and what is to be found in it in, small slices on the network's own grid out."""

import numpy as np
import numpy.typing as npt

from pleura.errors import GeometryError
from pleura.imaging.field import Field, find_field
from pleura.imaging.inplane import prepare, resize_area
from pleura.imaging.volume import Volume
from pleura.settings import InputSettings

__all__ = ["LESION_KINDS", "THICK_MM", "between_neighbours", "find_frame", "label_planes", "lesions_of", "slice_planes"]

LESION_KINDS = (1, 2)
"""Of a lesion mask: ground glass and consolidation, which are pneumonia. A nodule and fluid beside the lung are not."""

THICK_MM = 5.0
"""Slices that lie closer are averaged, an odd number of them, as far as they fill no more than this. A single slice of
1 mm has more than twice the noise of those of 5 mm that segmenters mostly learn from."""


def lesions_of(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Give 1 where a lesion mask says ground glass or consolidation, else 0; the same shape."""
    return np.isin(mask, LESION_KINDS).astype(np.uint8)


def between_neighbours(chosen: npt.NDArray[np.int64], count: int, neighbours: int) -> npt.NDArray[np.int64]:
    """Say which slices are shown with each of some slices; at an end of the stack its last one is repeated.

    Parameters
    ----------
    chosen : numbers of slices in a stack
    count : slices of the stack
    neighbours : slices on each side

    Returns
    -------
    (len(chosen), 1 + 2 neighbours), ascending in each row, the slice itself in the middle.

    Examples
    --------
    >>> between_neighbours(np.array([0, 3]), 5, 1)
    array([[0, 0, 1],
           [2, 3, 4]])
    """
    return np.asarray(np.clip(chosen[:, None] + np.arange(-neighbours, neighbours + 1), 0, count - 1))


def find_frame(volume: Volume, lungs: npt.NDArray[np.uint8] | None, settings: InputSettings, *, task: str) -> Field:
    """Say what a segmenter sees of a study.

    Parameters
    ----------
    volume : the study's
    lungs : 0 outside, on the volume's grid; not looked at for task "lungs"
    settings : whose `field` counts
    task : of "lungs" every slice is seen whole, as nobody knows yet where the lungs are

    Raises
    ------
    GeometryError
        If there is no lung mask on the volume's grid where one is needed.
    NoLungsError
        If it is empty.
    """
    if task == "lungs":
        z, y, x = volume.shape
        return Field((0, z), (0, y), (0, x))
    if lungs is None:
        raise GeometryError("no lung mask; where the lesions are is asked only inside the lungs")
    return find_field(lungs, volume, settings.field)


def slice_planes(
    volume: Volume,
    frame: Field,
    chosen: npt.NDArray[np.int64],
    settings: InputSettings,
    *,
    left_out: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.int16]:
    """Take slices of a frame, clipped to the window, averaged down in plane and, where they are thin, over `THICK_MM`.

    Parameters
    ----------
    volume, frame : as `find_frame` has them
    chosen : indices into the frame's slices, from 0
    settings : window and size
    left_out : (z,), slices of the volume that no other is averaged with

    Returns
    -------
    HU, rounded, (len(chosen), size, size).
    """
    window = (settings.window_low, settings.window_high)
    reach = (max(int(THICK_MM / volume.spacing[0] + 1e-6), 1) - 1) // 2
    result = np.empty((len(chosen), settings.size, settings.size), np.int16)
    for place, own in enumerate((frame.slices[0] + chosen).tolist()):
        first, last = max(own - reach, 0), min(own + reach + 1, len(volume.hu))
        slab = prepare(volume, Field((first, last), frame.rows, frame.columns), size=settings.size, window=window)
        fit = np.ones(last - first, np.bool_) if left_out is None else ~left_out[first:last]
        fit[own - first] = True
        result[place] = np.rint(slab[fit].mean(axis=0))
    return result


def label_planes(
    labels: npt.NDArray[np.uint8], frame: Field, chosen: npt.NDArray[np.int64], size: int
) -> npt.NDArray[np.uint8]:
    """Take the same slices of a label mask: each pixel gets the label that covers most of it, none included.

    Parameters
    ----------
    labels : on the volume's grid
    frame, chosen : as for `slice_planes`; beyond the image there is no label
    size : rows and columns of the result

    Returns
    -------
    (len(chosen), size, size).
    """
    (top, bottom), (near, far) = frame.rows, frame.columns
    rows, columns = labels.shape[1:]
    beyond = ((max(-top, 0), max(bottom - rows, 0)), (max(-near, 0), max(far - columns, 0)))
    result = np.zeros((len(chosen), size, size), np.uint8)
    for place, z in enumerate(chosen.tolist()):
        cut = np.pad(labels[frame.slices[0] + z, max(top, 0) : bottom, max(near, 0) : far], beyond)
        kinds = np.unique(cut)
        if kinds[-1] > 0:
            shares = resize_area(np.stack([cut == kind for kind in kinds]), size)  # (kinds, size, size)
            result[place] = kinds[shares.argmax(axis=0)]
    return result
