"""A made-up series as a stack: no lung at either end, slivers next to it, whole lungs between."""

import numpy as np

from pleura.data.slice_stacks import SliceStack

__all__ = ["chest_stack"]

SHARES = (0.0, 0.0, 0.05, 0.09, 0.4, 1.0, 0.9, 0.5, 0.11, 0.03, 0.0)


def chest_stack(seed: int, size: int = 48) -> SliceStack:
    """An oval body with two lungs that grow and shrink with the slice's share."""
    rng = np.random.default_rng(seed)
    y, x = (np.mgrid[:size, :size] - (size - 1) / 2) / (size / 2)
    slices, masks = [], []
    for share in SHARES:
        image = np.full((size, size), -1000.0)
        image[(y / 0.6) ** 2 + (x / 0.8) ** 2 < 1] = 40
        image[y**2 + x**2 < 0.01] = 500
        lungs = np.zeros((size, size), bool)
        for middle in (-0.38, 0.38):
            lungs |= (y / 0.45) ** 2 + ((x - middle) / 0.26) ** 2 < share
        image[lungs] = -850
        slices.append(image + rng.normal(0, 3, image.shape))
        masks.append(lungs)
    return SliceStack(np.rint(slices).astype(np.int16), np.array(masks), np.array(SHARES, np.float32), 400 / size)
