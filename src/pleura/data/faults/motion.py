"""A slice in, the same slice of a patient who moved while it was taken out: double edges, blur and streaks.

Some views see the patient in one place and the rest in another. The error of each ray is the projection of the
difference, times how far the move had come when its view was taken.
"""

import numpy as np
from scipy import ndimage

from pleura.data.faults.projection import create_scanner
from pleura.data.faults.scene import AIR_HU, Image, Scene, as_image, root_mean_square

__all__ = ["draw_motion"]

HARMFUL_HU = (45.0, 180.0)
"""Root mean square of the artefact in the lungs, from which range the harmful are drawn."""
HARMLESS_HU = 10.0


def draw_motion(scene: Scene, g: np.random.Generator, *, harmful: bool) -> Image:
    """Let the patient move.

    Parameters
    ----------
    scene : the slice
    g : draws how far, where to, and when
    harmful : whether edges are doubled for all to see; otherwise the move is so slight that nothing is lost

    Returns
    -------
    HU, (rows, columns).
    """
    scanner = create_scanner(len(scene.image))
    moved = _moved(scene, g)
    come = _timing(g, scanner.views).astype(np.float32)
    artefact = scanner.reconstruct(scanner.project(moved - scene.image) * come[:, None])
    strength = root_mean_square(artefact[scene.lungs])
    if harmful:
        artefact *= min(3.0, float(g.uniform(*HARMFUL_HU)) / max(strength, 1.0))
    else:
        artefact *= min(1.0, HARMLESS_HU * float(g.random()) / max(strength, 1.0))
    return as_image(np.maximum(scene.image + artefact, -1024.0))


def _moved(scene: Scene, g: np.random.Generator) -> Image:
    """Shift and stretch the slice, or take its neighbour, or both."""
    shift = g.uniform(4.0, 18.0) / scene.pixel * _direction(g)
    stretch = 1.0 + np.array([g.normal(0.0, 0.04), g.normal(0.0, 0.02)])
    seen = scene.neighbour if g.random() < 0.5 else scene.image
    centre = 0.5 * (np.array(seen.shape) - 1)
    origin = centre - (centre + shift) / stretch
    moved = ndimage.affine_transform(seen, 1.0 / stretch, offset=origin, order=1, mode="constant", cval=AIR_HU)
    return as_image(moved)


def _direction(g: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Draw a direction (down, right), more often front to back than sideways, as breath goes."""
    angle = g.uniform(0.0, 2.0 * np.pi)
    direction = np.array([np.sin(angle), 0.6 * np.cos(angle)])
    return np.asarray(direction / np.linalg.norm(direction), dtype=np.float64)


def _timing(g: np.random.Generator, views: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Draw how far the move has come at each view, 0 to 1: once for good, or to and fro."""
    time = np.roll(np.arange(views), int(g.integers(views))) / views
    if g.random() < 0.6:
        return np.clip((time - g.uniform(0.25, 0.75)) / g.uniform(0.02, 0.2) + 0.5, 0.0, 1.0)
    turns = g.uniform(0.5, 2.0)
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * (turns * time + g.random()))
