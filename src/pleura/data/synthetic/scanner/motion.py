"""Heights of sub-slices in, how far breath and heartbeat have moved meanwhile out.

A slice is seen for a little longer than one rotation of the tube. While the table goes on, a patient who breathes moves
what lies in the chest along the table, and the heart moves its left border; each sub-slice stands for its share of that
time, so that their mean has blurred and double edges. Over the slices the phases go on as the table does.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["BEAT_SECONDS", "BREATH_SECONDS", "Motion"]

Array = npt.NDArray[np.float64]

BREATH_SECONDS = 4.0
"""Time of a breath."""
BEAT_SECONDS = 0.85
"""Time of a heartbeat."""
_SEEN = 1.5
"""Rotations that a slice is made of in a helical scan."""


@dataclass(frozen=True, kw_only=True)
class Motion:
    """What moves while a scan runs."""

    breathing: float
    """How far the base of the lungs moves up and down from its mean place, mm; 0 in a breath-hold."""
    heartbeat: float
    """How far the left border of the heart moves inwards, mm."""
    rotation: float
    """Time of a rotation of the tube, s."""
    table: float
    """Speed of the table, mm/s."""
    phases: tuple[float, float]
    """Phase of the breath and of the heartbeat at height 0, rad."""

    def at(self, heights: Array) -> tuple[Array, Array]:
        """Rise of the base and inward move of the heart's border at each sub-slice (n,) of one slice, mm.

        Both are those of the middle sub-slice, from which masks are taken, at the middle of the slice's time.
        """
        n = heights.size
        middle = float(heights.mean()) / self.table
        seconds = middle + (np.arange(n) - n // 2) * (_SEEN * self.rotation / n)
        rise = self.breathing * np.cos(2 * np.pi * seconds / BREATH_SECONDS + self.phases[0])
        beat = self.heartbeat * 0.5 * (1 - np.cos(2 * np.pi * seconds / BEAT_SECONDS + self.phases[1]))
        return rise, beat
