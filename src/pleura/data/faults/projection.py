"""Parallel-beam projections of a small slice, and filtered back projection of what is wrong with them.

Reconstruction is linear: the artefact of a fault is what filtered back projection makes of the error of each ray. So
faults are drawn by projecting a difference, changing it ray by ray, and reconstructing it; the rest of the slice stays
as it was.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft, sparse

__all__ = ["Scanner", "create_scanner"]

Image = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Scanner:
    """The rays of one grid, equally spaced over half a turn."""

    size: int
    """Rows and columns of a slice."""
    views: int
    bins: int
    """Rays of a view, a pixel apart."""
    rays: sparse.csr_array
    """(views * bins, size * size): share of each pixel in each ray, by linear interpolation."""
    back: sparse.csr_array
    """The same, turned."""

    def project(self, image: Image) -> Image:
        """Sum a slice along its rays.

        Parameters
        ----------
        image : (size, size), any unit

        Returns
        -------
        (views, bins), in that unit times pixels; view 0 looks along columns, the middle one along rows.
        """
        sums = self.rays @ image.ravel().astype(np.float32)
        return np.asarray(sums, dtype=np.float32).reshape(self.views, self.bins)

    def reconstruct(self, projections: Image) -> Image:
        """Give the slice that has these projections, smoothed a little; the inverse of `project`.

        Parameters
        ----------
        projections : (views, bins), as `project` gives them
        """
        length = fft.next_fast_len(2 * self.bins, real=True)
        frequencies = fft.rfftfreq(length)  # cycles a pixel, up to 0.5
        ramp = (frequencies * np.cos(np.pi * frequencies)).astype(np.float32)
        filtered = fft.irfft(fft.rfft(projections, length, axis=1) * ramp, length, axis=1)[:, : self.bins]
        image = self.back @ np.ascontiguousarray(filtered, dtype=np.float32).ravel()
        return np.asarray(image * (np.pi / self.views), dtype=np.float32).reshape(self.size, self.size)


@lru_cache(maxsize=2)
def create_scanner(size: int, views: int = 96) -> Scanner:
    """Lay out the rays of a grid of `size` rows and columns; kept, since every fault on that grid needs them."""
    bins = int(np.ceil(np.sqrt(2.0) * size)) + 2 | 1
    across = np.arange(size) - 0.5 * (size - 1)
    x, y = np.tile(across, size), np.repeat(across, size)
    pixels = np.arange(size * size)
    rows, columns, shares = [], [], []
    for view in range(views):
        angle = np.pi * view / views
        at = np.cos(angle) * x + np.sin(angle) * y + 0.5 * (bins - 1)
        low = np.floor(at).astype(np.int64)
        for ray, share in ((low, low + 1 - at), (low + 1, at - low)):
            rows.append(view * bins + ray)
            columns.append(pixels)
            shares.append(share)
    entries = (np.concatenate(shares).astype(np.float32), (np.concatenate(rows), np.concatenate(columns)))
    rays = sparse.csr_array(entries, shape=(views * bins, size * size))
    return Scanner(size=size, views=views, bins=bins, rays=rays, back=sparse.csr_array(rays.T))
