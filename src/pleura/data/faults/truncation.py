"""A slice in, the same slice through a field of view that cuts the chest off out."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pleura.data.faults.scene import Image, Scene, as_image

__all__ = ["draw_truncation"]

HARMFUL_SHARE = (0.10, 0.55)
"""Share of the slice's lung that is cut off."""
_PADDING_HU = -1024.0


def draw_truncation(scene: Scene, g: np.random.Generator, *, harmful: bool) -> Image:
    """Cut the slice to a circle, padded around, or to a frame, enlarged to the image.

    Parameters
    ----------
    scene : the slice
    g : draws the place, shape and size of the field
    harmful : whether it cuts off lung; otherwise it cuts off only what surrounds the lungs

    Returns
    -------
    HU, (rows, columns).
    """
    n = len(scene.image)
    y, x = np.mgrid[:n, :n].astype(np.float64)
    places = np.argwhere(scene.lungs)
    spread = np.ptp(places, axis=0).astype(np.float64) + 1.0
    centre = places.mean(axis=0) + (g.uniform(-0.45, 0.45, 2) if harmful else g.uniform(-0.08, 0.08, 2)) * spread
    circle = g.random() < 0.5
    down, across = np.abs(y - centre[0]), np.abs(x - centre[1])
    far = np.hypot(down, across) if circle else np.maximum(down, across)
    inside = far[scene.lungs]
    reach = np.quantile(inside, 1.0 - g.uniform(*HARMFUL_SHARE)) if harmful else inside.max() * g.uniform(1.02, 1.2) + 1
    reach = float(max(reach, (0.12 if circle else 0.22) * n))
    if circle:
        return _circle(scene, far, reach, g)
    first = centre - reach
    scale = 2.0 * reach / n
    framed = ndimage.affine_transform(
        scene.image, [scale, scale], offset=first, order=1, mode="constant", cval=_PADDING_HU
    )
    return as_image(framed)


def _circle(scene: Scene, far: npt.NDArray[np.float64], reach: float, g: np.random.Generator) -> Image:
    """Pad beyond the circle; tissue beyond it, which the rays met all the same, brightens its rim."""
    image = scene.image.astype(np.float64)
    if g.random() < 0.6:
        cut = (
            float((scene.image[np.abs(far - reach) < 1.0] > -400).mean()) if (np.abs(far - reach) < 1.0).any() else 0.0
        )
        image = image + g.uniform(60.0, 400.0) * cut * np.exp((far - reach) * scene.pixel / g.uniform(4.0, 14.0))
    return as_image(np.where(far <= reach, np.minimum(image, 3071.0), _PADDING_HU))
