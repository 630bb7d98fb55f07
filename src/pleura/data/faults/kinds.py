"""The kinds of slice that a cleaner tells apart, and how each fault is drawn."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from pleura.data.faults.arms import draw_arms
from pleura.data.faults.metal import draw_metal
from pleura.data.faults.motion import draw_motion
from pleura.data.faults.scene import Image, Scene
from pleura.data.faults.truncation import draw_truncation
from pleura.data.faults.window import draw_window

__all__ = ["CLEANER_TASK", "FAULTS", "FIT", "NO_LUNG", "SLICE_CLASSES", "SLIVER", "Fault"]

CLEANER_TASK = "cleaner"
"""What `task` says in a slice cleaner's recipe and on its card."""
FIT, NO_LUNG, SLIVER = "fit", "no-lung", "sliver"


class Fault(Protocol):
    """What draws a fault into a slice."""

    def __call__(self, scene: Scene, g: np.random.Generator, *, harmful: bool) -> Image:
        """Give the slice with the fault in it, HU; if it is not harmful, no reader would mind it."""


FAULTS: Mapping[str, Fault] = {
    "arms": draw_arms,
    "motion": draw_motion,
    "metal": draw_metal,
    "truncated": draw_truncation,
    "window": draw_window,
}
"""The faults that are drawn, in the order of the classes."""
SLICE_CLASSES = (FIT, NO_LUNG, SLIVER, *FAULTS)
"""The classes of a slice cleaner, in the order of its outputs: fit for diagnosis, then the reasons why not."""
