"""Named surfaces and a direction in, a picture of them as seen from there out; for paper and for pages without script.

Lungs are glass, of which only what is nearest is painted: faint where one looks at it straight, dense at its rim.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pleura.export.meshes.raster import Layer, fill_triangles
from pleura.export.meshes.study_surfaces import NamedSurface

__all__ = ["GLASS", "LIGHT", "VIEWS", "draw_surfaces", "view_axes"]

VIEWS = {
    "front": (0.0, 0.0),
    "back": (180.0, 0.0),
    "right": (90.0, 0.0),
    "left": (-90.0, 0.0),
    "head": (0.0, 90.0),
    "feet": (0.0, -90.0),
}
"""From which side of the patient one looks: degrees turned about the axis to the head, and about the screen's x."""

LIGHT = np.array([-0.3, 0.45, 0.84])
"""From over the viewer's left shoulder; length about 1."""
GLASS = (0.16, 0.62, 2.0)
"""Opacity of the lungs looked at straight, what is added at the rim, and how fast."""


def view_axes(view: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Give the screen's x (right), y (up) and z (to the viewer) in the patient's axes; 3 x 3, a row each.

    Parameters
    ----------
    view : degrees, as in `VIEWS`
    """
    yaw, pitch = np.deg2rad(view)
    front = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])  # x to the left side, y to the head
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    tilt = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    return np.asarray(tilt @ turn @ front)


def draw_surfaces(
    surfaces: Sequence[NamedSurface],
    view: tuple[float, float],
    *,
    size: tuple[int, int],
    mm_per_pixel: float,
    centre: npt.NDArray[np.float64],
    ground: tuple[int, int, int] = (255, 255, 255),
) -> npt.NDArray[np.uint8]:
    """Draw surfaces without perspective.

    Parameters
    ----------
    surfaces : what is drawn
    view : degrees, as in `VIEWS`
    size : pixels (high, wide)
    mm_per_pixel : scale
    centre : L, P, S in mm of the middle of the picture
    ground : colour where nothing is

    Returns
    -------
    (high, wide, 3), red, green, blue.
    """
    axes = view_axes(view)
    image = np.empty((*size, 3))
    image[:] = ground
    solid, colours = _nearest([one for one in surfaces if one.solid], axes, size, mm_per_pixel, centre)
    seen = np.isfinite(solid.depth)
    image[seen] = colours[seen] * _shade(solid.normals[seen], 0.45)
    glass, colours = _nearest([one for one in surfaces if not one.solid], axes, size, mm_per_pixel, centre)
    seen = glass.depth > solid.depth
    normals = glass.normals[seen]
    straight, rim, power = GLASS
    opacity = (straight + rim * (1.0 - np.clip(normals[:, 2], 0, 1)) ** power)[:, None]
    image[seen] = image[seen] * (1 - opacity) + colours[seen] * _shade(normals, 0.6) * opacity
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _nearest(
    surfaces: Sequence[NamedSurface],
    axes: npt.NDArray[np.float64],
    size: tuple[int, int],
    mm_per_pixel: float,
    centre: npt.NDArray[np.float64],
) -> tuple[Layer, npt.NDArray[np.float64]]:
    """Find what of several surfaces is nearest at each pixel, and its colour, (high, wide, 3)."""
    whole = Layer(depth=np.full(size, -np.inf), normals=np.zeros((*size, 3)))
    colours = np.zeros((*size, 3))
    for one in surfaces:
        layer = fill_triangles(one.surface, axes, size=size, mm_per_pixel=mm_per_pixel, centre=centre)
        nearer = layer.depth > whole.depth
        whole.depth[nearer], whole.normals[nearer], colours[nearer] = (
            layer.depth[nearer],
            layer.normals[nearer],
            one.colour,
        )
    return whole, colours


def _shade(normals: npt.NDArray[np.float64], least: float) -> npt.NDArray[np.float64]:
    """Brightness of what has these normals, from `least` in the shadow to 1; (pixels, 1)."""
    return np.asarray(least + (1.0 - least) * np.clip(normals @ LIGHT, 0, 1)[:, None])
