"""A slice in, the same slice of a patient whose arms lie beside the chest out, with the streaks they make.

Rays that pass both arms and the chest meet the most tissue: few photons come through, so they are noisy, and what
comes through is hard, so they count as too little. Reconstructed, the error of these rays is a sheaf of streaks from
arm to arm, right through the lungs.
"""

import numpy as np

from pleura.data.faults.projection import create_scanner
from pleura.data.faults.scene import Image, Scene, as_image, body_of, root_mean_square

__all__ = ["draw_arms"]

HARMFUL_HU = (40.0, 130.0)
"""Root mean square of the streaks in the lungs, from which range the harmful are drawn."""
HARMLESS_HU = 10.0
_ATTENUATION = 0.019
"""Of water at 70 keV, 1/mm."""
_BONE_HU = 300.0


def draw_arms(scene: Scene, g: np.random.Generator, *, harmful: bool) -> Image:
    """Lay one arm or both beside the chest; what lies beyond the image is cut off.

    Parameters
    ----------
    scene : the slice, with room beside the chest, or the arms are cut off
    g : draws how thick and where the arms are, and the rays' noise
    harmful : whether streaks run through the lungs; otherwise they are lost in the noise

    Returns
    -------
    HU, (rows, columns).
    """
    image = _with_arms(scene, g)
    scanner = create_scanner(len(image))
    water = scanner.project(np.clip(image + 1000.0, 0, 2500) * 1e-3) * scene.pixel  # mm
    bone = scanner.project(np.clip(image - _BONE_HU, 0, 1500) * 1e-3) * scene.pixel
    noise = np.exp(0.5 * _ATTENUATION * (water - water.max())) * g.standard_normal(water.shape)
    hardened = -(bone**2) / (40.0 + bone) * np.exp(0.25 * _ATTENUATION * (water - water.max()))
    starved = scanner.reconstruct(noise.astype(np.float32))
    dark = scanner.reconstruct(hardened.astype(np.float32))
    streaks = starved / max(root_mean_square(starved[scene.lungs]), 1e-6)
    streaks += g.uniform(0.3, 1.2) * dark / max(root_mean_square(dark[scene.lungs]), 1e-6)
    wanted = g.uniform(*HARMFUL_HU) if harmful else HARMLESS_HU * g.random()
    streaks *= float(wanted) / max(root_mean_square(streaks[scene.lungs]), 1e-6)
    return as_image(np.clip(image + np.clip(streaks, -600, 600), -1024.0, 3071.0))


def _with_arms(scene: Scene, g: np.random.Generator) -> Image:
    """Paint the arms where there is air."""
    top, bottom, left, right = body_of(scene.image, scene.lungs)
    image = scene.image.copy()
    air = scene.image < -400
    air[scene.lungs] = False
    sides = [(-1, left), (1, right)]
    if g.random() < 0.25:
        sides = [sides[int(g.integers(2))]]
    for side, edge in sides:
        thick = g.uniform(36.0, 58.0)  # half the width of the arm, mm
        row = top + (bottom - top) * g.uniform(0.4, 0.85)
        column = edge + side * (g.uniform(0.8, 1.15) * thick / scene.pixel)
        painted = _arm(scene, (row, column), thick, float(g.uniform(0.75, 1.1)), g)
        image = np.where(air & np.isfinite(painted), painted, image)
    return image.astype(np.float32)


def _arm(scene: Scene, centre: tuple[float, float], thick: float, oblong: float, g: np.random.Generator) -> Image:
    """Paint one arm: skin and fat, muscle, and a bone with marrow; NaN around it."""
    n = len(scene.image)
    y, x = np.mgrid[:n, :n]
    far = np.hypot((y - centre[0]) * oblong, x - centre[1]) * scene.pixel  # mm from the middle
    fat = g.uniform(4.0, 14.0)
    bone = g.uniform(10.0, 13.5)
    off = np.hypot(y - centre[0] - g.normal(0, 2), x - centre[1] - g.normal(0, 2)) * scene.pixel
    painted = np.where(far < thick, -95.0, np.nan)
    painted = np.where(far < thick - fat, 55.0, painted)
    painted = np.where(off < bone, g.uniform(700.0, 1200.0), painted)
    painted = np.where(off < bone * 0.45, 60.0, painted)
    return as_image(painted + g.normal(0, 12, painted.shape))
