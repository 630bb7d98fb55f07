"""A slice through a made-up chest: an oval body, two lungs, a spine, and soft noise."""

import numpy as np

from pleura.data.faults.scene import Scene

__all__ = ["chest_scene"]


def chest_scene(size: int = 96, *, pixel: float = 5.0) -> Scene:
    """A body 300 mm wide in a field of 480 mm."""
    y, x = (np.mgrid[:size, :size] - (size - 1) / 2) * pixel
    image = np.full((size, size), -1000.0)
    image[(x / 150) ** 2 + (y / 100) ** 2 < 1] = 40
    image[x**2 + (y - 70) ** 2 < 14**2] = 500
    lungs = np.zeros((size, size), bool)
    for middle in (-70, 70):
        lungs |= ((x - middle) / 48) ** 2 + (y / 72) ** 2 < 1
    image[lungs] = -850
    image += np.random.default_rng(0).normal(0, 8, image.shape)
    neighbour = np.roll(image, 2, axis=0)
    return Scene(image=image.astype(np.float32), lungs=lungs, neighbour=neighbour.astype(np.float32), pixel=pixel)
