"""A chest made of ellipsoids: body, two lungs, spine, and one dense block at a known place in one lung."""

import numpy as np
import numpy.typing as npt

from pleura.imaging.volume import Source, Volume

__all__ = ["chest_phantom"]

SPACING = (6.0, 4.0, 4.0)
SHAPE = (48, 96, 96)


def chest_phantom(*, side: str, low: bool) -> tuple[Volume, npt.NDArray[np.bool_]]:
    """A volume and where its block lies.

    Parameters
    ----------
    side : "left" or "right", the patient's
    low : whether the block lies towards the feet or towards the head
    """
    z, y, x = (np.arange(n) - (n - 1) / 2 for n in SHAPE)
    Z, Y, X = np.meshgrid(z * SPACING[0], y * SPACING[1], x * SPACING[2], indexing="ij")
    hu = np.full(SHAPE, -1000, np.int16)
    hu[(X / 170) ** 2 + (Y / 120) ** 2 < 1] = 40
    hu[X**2 + (Y - 75) ** 2 < 18**2] = 400
    for centre in (-75, 75):
        hu[((X - centre) / 58) ** 2 + (Y / 80) ** 2 + (Z / 115) ** 2 < 1] = -850
    hu[X**2 + (Y + 10) ** 2 < 9**2] = -1000  # windpipe
    middle = 75 if side == "left" else -75
    height = -45 if low else 45
    block = ((X - middle) / 26) ** 2 + ((Y - 20) / 26) ** 2 + ((Z - height) / 26) ** 2 < 1
    hu[block] = -350
    rng = np.random.default_rng(5)
    hu = np.clip(hu + rng.normal(0, 8, SHAPE), -1024, 3000).astype(np.int16)
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *SPACING, 1.0
    affine[:3, 3] = [X.min(), Y.min(), Z.min()]
    return Volume(hu=hu, affine=affine, source=Source(format="synthetic", sha256="0" * 64)), block
