"""A slice in, the same slice with metal in it out: the piece, its bloom and its streaks."""

import numpy as np
from scipy import ndimage

from pleura.data.faults.scene import Image, Scene, as_image, body_of, root_mean_square
from pleura.data.synthetic.scanner.metal import METAL_HU, metal_streaks

__all__ = ["draw_metal"]

HARMFUL_HU = (45.0, 200.0)
"""Root mean square of the streaks in the lungs, from which range the harmful are drawn at least."""
HARMLESS_HU = 10.0
_TOP_HU = 3071.0
"""The highest value that 12 bits hold."""


def draw_metal(scene: Scene, g: np.random.Generator, *, harmful: bool) -> Image:
    """Put a piece of metal into or onto the chest: rods at the spine, a pacemaker, something on the skin, a fragment.

    Parameters
    ----------
    scene : the slice
    g : draws which, where, how dense
    harmful : whether streaks run through the lungs; otherwise the piece is small, and its streaks are lost in the noise

    Returns
    -------
    HU, (rows, columns).
    """
    cover = _pieces(scene, g, harmful)
    dense = float(g.uniform(5000.0, 14000.0))
    ideal = (scene.image + cover * (dense - scene.image)).astype(np.float32)
    drawn = metal_streaks(ideal, scene.pixel, g)
    streaks = np.zeros_like(ideal) if drawn is None else drawn
    strength = root_mean_square(streaks[scene.lungs])
    if harmful:
        streaks = streaks * max(1.0, min(6.0, float(g.uniform(*HARMFUL_HU)) / max(strength, 1.0)))
    else:
        streaks = streaks * min(1.0, HARMLESS_HU * float(g.random()) / max(strength, 1.0))
    bloom = ndimage.gaussian_filter(np.minimum(ideal, _TOP_HU) - scene.image, float(g.uniform(0.3, 0.8)))
    shown = scene.image + np.where(ideal > METAL_HU, np.minimum(ideal, _TOP_HU) - scene.image, bloom) + streaks
    return as_image(np.clip(shown, -1024.0, _TOP_HU))


def _pieces(scene: Scene, g: np.random.Generator, harmful: bool) -> Image:
    """Draw where metal is: the share of each pixel that it fills."""
    top, bottom, left, right = body_of(scene.image, scene.lungs)
    height, width = bottom - top, right - left
    middle = 0.5 * (left + right)
    if not harmful:
        where = _somewhere(scene, g)
        return _ellipse(scene, where, (g.uniform(0.5, 1.2), g.uniform(0.5, 1.2)))
    kind = g.choice(["rods", "can", "skin", "fragment"], p=[0.35, 0.3, 0.15, 0.2])
    if kind == "rods":
        row, radius = top + height * g.uniform(0.78, 0.9), g.uniform(3.0, 6.0)
        rods = [
            _ellipse(scene, (row, middle + side * g.uniform(12, 24) / scene.pixel), (radius, radius))
            for side in (-1, 1)
        ]
        return np.maximum(*rods)
    if kind == "can":
        side = 1 if g.random() < 0.8 else -1
        column = middle + side * width * g.uniform(0.18, 0.32)
        first = np.flatnonzero(scene.image[:, int(np.clip(column, 0, len(scene.image) - 1))] > -400)
        row = (first[0] if first.size else top) + g.uniform(8, 16) / scene.pixel
        return _ellipse(scene, (row, column), (g.uniform(3, 5), g.uniform(15, 26)))
    if kind == "skin":
        row = g.uniform(top + 0.2 * height, bottom - 0.2 * height)
        line = np.flatnonzero(scene.image[int(row)] > -400)
        ends = (line[0], line[-1]) if line.size else (left, right)
        return _ellipse(scene, (row, float(g.choice(ends))), (g.uniform(4, 14), g.uniform(3, 8)))
    return _ellipse(scene, _somewhere(scene, g), (g.uniform(3, 10), g.uniform(3, 10)))


def _somewhere(scene: Scene, g: np.random.Generator) -> tuple[float, float]:
    """Draw a place in the chest."""
    top, bottom, left, right = body_of(scene.image, scene.lungs)
    return float(g.uniform(top, bottom)), float(g.uniform(left, right))


def _ellipse(scene: Scene, centre: tuple[float, float], radii: tuple[float, float]) -> Image:
    """Fill an ellipse whose edge is a pixel wide; centre in pixels, radii in mm, both down and across."""
    n = len(scene.image)
    y, x = np.mgrid[:n, :n]
    half = [max(radius / scene.pixel, 0.35) for radius in radii]
    far = np.hypot((y - centre[0]) / half[0], (x - centre[1]) / half[1])
    return as_image(np.clip(0.5 + (1.0 - far) * min(half), 0.0, 1.0))
