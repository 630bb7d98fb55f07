"""A point in, whether it lies on the wall of a cell of a random lattice out: thickened septa, compiled."""

import numpy as np

from pleura.data.synthetic.anatomy.primitives import smooth_step
from pleura.data.synthetic.compiled import kernel

__all__ = ["cell_walls"]


@kernel
def hash01(i: int, j: int, k: int) -> float:
    """Random number from 0 to 1 that follows from three integers."""
    h = np.uint32(i) * np.uint32(73856093) ^ np.uint32(j) * np.uint32(19349663) ^ np.uint32(k) * np.uint32(83492791)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(1274126177)
    return float((h ^ (h >> np.uint32(16))) & np.uint32(0xFFFF)) / 65536.0


@kernel
def cell_walls(x: float, y: float, z: float) -> float:
    """1 on the walls between the cells of a jittered lattice, 0 inside: polygons of thickened interlobular septa."""
    i0, j0, k0 = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    f1, f2 = 9.0, 9.0
    for k in range(k0 - 1, k0 + 2):
        for j in range(j0 - 1, j0 + 2):
            for i in range(i0 - 1, i0 + 2):
                dx = i + hash01(i, j, k) - x
                dy = j + hash01(j + 57, k, i) - y
                dz = k + hash01(k + 113, i, j) - z
                d = dx * dx + dy * dy + dz * dz
                if d < f1:
                    f2 = f1
                    f1 = d
                elif d < f2:
                    f2 = d
    return 1.0 - smooth_step(np.sqrt(f2) - np.sqrt(f1), 0.02, 0.15)
