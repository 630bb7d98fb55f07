"""Pictures of 256 grey levels in, values laid on a window of HU out: they resemble HU, and are none."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.errors import IntensityError
from pleura.imaging.hounsfield import AIR

__all__ = ["Window", "describe_levels", "from_levels", "levels_described"]

_MARK = "8-bit on "


@dataclass(frozen=True)
class Window:
    """What the darkest and the brightest of 256 grey levels stood for.

    Raises
    ------
    IntensityError
        If the two do not enclose a part of what a chest holds.
    """

    low: int
    """HU of level 0."""
    high: int
    """HU of level 255."""

    def __post_init__(self) -> None:
        if not -2000 <= self.low < self.high <= 4000 or self.high - self.low < 100:
            raise IntensityError(
                f"window {self.low},{self.high}: need LOW,HIGH in HU, from -2000 to 4000, at least 100 apart, such as "
                "-1250,250"
            )


def from_levels(levels: npt.NDArray[np.uint8], window: Window) -> npt.NDArray[np.int16]:
    """Lay grey levels on a window.

    Level 0 stands for everything below the window and level 255 for everything above, so that air and bone come back
    as the window's ends; steps are as wide as the window over 255.

    Parameters
    ----------
    levels : any shape
    window : what 0 and 255 stood for

    Returns
    -------
    int16, the same shape; nothing below -1024.
    """
    steps = window.low + np.arange(256) * ((window.high - window.low) / 255.0)
    table = np.maximum(np.rint(steps), AIR).astype(np.int16)
    laid: npt.NDArray[np.int16] = table[levels]
    return laid


def describe_levels(window: Window) -> str:
    """Give the words by which a NIfTI file that was made of grey levels says so in its header."""
    return f"{_MARK}{window.low}..{window.high} HU"


def levels_described(description: str) -> bool:
    """Whether a NIfTI header's description says that the voxels were grey levels."""
    return description.startswith(_MARK)
