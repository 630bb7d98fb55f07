"""A volume with its lungs in; the lung slices as each model takes them out, made once for models that take the same."""

from collections.abc import Hashable

import numpy as np
import numpy.typing as npt

from pleura.imaging.field import Field, find_field
from pleura.imaging.inplane import prepare
from pleura.imaging.volume import Volume
from pleura.settings import InputSettings

__all__ = ["PreparedSlices"]


class PreparedSlices:
    """The lung slices of one study, in each form that was asked for.

    Parameters
    ----------
    volume : the study
    lungs : 0 outside, 1 right lung, 2 left lung, on the volume's grid
    """

    def __init__(self, volume: Volume, lungs: npt.NDArray[np.uint8]) -> None:
        self.volume = volume
        self.lungs = lungs
        self._made: dict[Hashable, tuple[npt.NDArray[np.int16], Field]] = {}
        self._fields: dict[str, Field] = {}

    def of(self, settings: InputSettings) -> tuple[npt.NDArray[np.int16], Field]:
        """Give the slices as `pleura.imaging.inplane.prepare` does, (slices, size, size) in HU, and what they show.

        Raises
        ------
        StudyError
            If there are no lungs, or the settings name no field.
        """
        window = (settings.window_low, settings.window_high)
        key = (window, settings.size, settings.field)
        if key not in self._made:
            if settings.field not in self._fields:
                self._fields[settings.field] = find_field(self.lungs, self.volume, settings.field)
            field = self._fields[settings.field]
            self._made[key] = prepare(self.volume, field, size=settings.size, window=window), field
        return self._made[key]
