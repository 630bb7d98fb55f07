"""A slice in, the same slice with values that are not Hounsfield units any more out."""

import numpy as np

from pleura.data.faults.scene import Image, Scene, as_image

__all__ = ["draw_window"]

_SOFT = ((40.0, 400.0), (50.0, 350.0), (60.0, 300.0), (40.0, 250.0))
_BONE = ((400.0, 1800.0), (500.0, 1500.0), (450.0, 1600.0))
_LUNG = ((-600.0, 1500.0), (-500.0, 1500.0), (-650.0, 1800.0), (-500.0, 1200.0))
"""Windows as (centre, width), HU."""


def draw_window(scene: Scene, g: np.random.Generator, *, harmful: bool) -> Image:
    """Bake a window in, lose the rescale intercept, or turn black and white round.

    Parameters
    ----------
    scene : the slice
    g : draws which
    harmful : whether anything is lost; otherwise the slice is only clipped to a range that holds all tissue

    Returns
    -------
    HU that are none, (rows, columns).
    """
    if not harmful:
        return as_image(np.clip(scene.image, g.uniform(-1024, -990), g.uniform(1500, 3071)))
    kind = g.choice(["clipped", "grey", "inverted grey", "inverted", "no intercept"], p=[0.35, 0.3, 0.15, 0.1, 0.1])
    if kind == "no intercept":
        return as_image(scene.image + 1024.0)
    if kind == "inverted":
        white = float(g.choice([0.0, 1000.0, 2047.0]))
        return as_image(np.clip(white - scene.image, -1024, 3071))
    windows = (*_SOFT, *_BONE) if kind == "clipped" else (*_SOFT, *_BONE, *_LUNG, *_LUNG)
    centre, width = windows[int(g.integers(len(windows)))]
    low, high = centre - width / 2, centre + width / 2
    clipped = np.clip(scene.image, low, high)
    if kind == "clipped":
        return as_image(clipped)
    grey = np.rint((clipped - low) * (255.0 / width))
    return as_image(255.0 - grey if kind == "inverted grey" else grey)
