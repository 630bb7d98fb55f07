"""A Volume in, its block means on a coarser grid out, where shapes in the chest can be worked on quickly."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from pleura.imaging.volume import Volume

__all__ = ["Coarse", "coarsen"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Coarse:
    """A volume's block means and what is needed to come back to its grid."""

    hu: npt.NDArray[np.int16]
    """Mean HU of each block, axes (z, y, x); values below -1024 count as -1024."""
    factors: tuple[int, int, int]
    """Voxels of the volume in a block along (z, y, x); the last block of an axis may hold fewer."""
    spacing: tuple[float, float, float]
    """Distance between neighbouring blocks along (z, y, x), mm."""

    @property
    def voxel_ml(self) -> float:
        """Volume of one whole block, millilitres."""
        z, y, x = self.spacing
        return z * y * x / 1000.0

    @property
    def pixel_mm2(self) -> float:
        """Area of one block within an axial slice, mm2."""
        return self.spacing[1] * self.spacing[2]


@njit(cache=True, nogil=True)
def _block_means(hu: npt.NDArray[np.int16], fz: int, fy: int, fx: int) -> npt.NDArray[np.int16]:
    nz, ny, nx = hu.shape
    mz, my, mx = (nz + fz - 1) // fz, (ny + fy - 1) // fy, (nx + fx - 1) // fx
    out = np.empty((mz, my, mx), np.int16)
    rows = np.zeros(nx, np.int32)
    for k in range(mz):
        k1 = min((k + 1) * fz, nz)
        for j in range(my):
            j1 = min((j + 1) * fy, ny)
            rows[:] = 0
            for kk in range(k * fz, k1):
                for jj in range(j * fy, j1):
                    for i in range(nx):
                        rows[i] += max(hu[kk, jj, i], np.int16(-1024))
            lines = (k1 - k * fz) * (j1 - j * fy)
            for i in range(mx):
                i1 = min((i + 1) * fx, nx)
                total = 0
                for ii in range(i * fx, i1):
                    total += rows[ii]
                out[k, j, i] = total // (lines * (i1 - i * fx))
    return out


def coarsen(volume: Volume, *, target_mm: float = 2.5) -> Coarse:
    """Average a volume over blocks of about `target_mm` a side; an axis that is already as coarse stays as it is."""
    z, y, x = (max(1, round(target_mm / step)) for step in volume.spacing)
    hu = _block_means(volume.hu, z, y, x)
    sz, sy, sx = volume.spacing
    return Coarse(hu=hu, factors=(z, y, x), spacing=(sz * z, sy * y, sx * x))
