"""From a study on disk to the classifier's slices: a path in, its field's slices clipped and resampled out."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.imaging.field import Field, find_field
from pleura.imaging.inplane import prepare
from pleura.imaging.lungs import segment_lungs
from pleura.imaging.study import load_study
from pleura.settings import InputSettings

__all__ = ["prepare_study"]


def prepare_study(path: Path, settings: InputSettings) -> tuple[npt.NDArray[np.int16], Field]:
    """Read a study, find the lungs, and prepare their slices, just as a diagnosis does.

    Parameters
    ----------
    path : whatever `load_study` reads
    settings : window, size and field

    Returns
    -------
    slices : HU, shape (lung slices, size, size), axes (z, y, x)
    field : what they show, on the study's own grid

    Raises
    ------
    StudyError
        If the study cannot be used.
    """
    volume, _ = load_study(path)
    field = find_field(segment_lungs(volume), volume, settings.field)
    window = (settings.window_low, settings.window_high)
    return prepare(volume, field, size=settings.size, window=window), field
