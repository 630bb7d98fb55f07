"""From a study on disk to the classifier's slices: a path in, the lungs' slices clipped and resampled out."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.imaging.inplane import prepare
from pleura.imaging.lungs import lung_slices, segment_lungs
from pleura.imaging.study import load_study
from pleura.settings import InputSettings

__all__ = ["prepare_study"]


def prepare_study(path: Path, settings: InputSettings) -> npt.NDArray[np.int16]:
    """Read a study, find the lungs, and prepare their slices, just as a diagnosis does.

    Parameters
    ----------
    path : whatever `load_study` reads
    settings : window and size

    Returns
    -------
    HU, shape (lung slices, size, size), axes (z, y, x).

    Raises
    ------
    StudyError
        If the study cannot be used.
    """
    volume, _ = load_study(path)
    extent = lung_slices(segment_lungs(volume))
    window = (settings.window_low, settings.window_high)
    return prepare(volume, (extent.start, extent.stop), size=settings.size, window=window)
