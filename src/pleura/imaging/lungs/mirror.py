"""Block means in, the plane about which the chest is most nearly symmetric out, and masks reflected in it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pleura.imaging.lungs.coarse import Coarse

__all__ = ["MidPlane", "find_midplane"]

Mask = npt.NDArray[np.bool_]

_BONE_HU = 200
_REACH_MM = 30.0
_TURNS = np.deg2rad(np.arange(-6.0, 6.1, 1.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class MidPlane:
    """A vertical plane between right and left, on one coarse grid."""

    x_mm: float
    """Where it crosses y = `y_mm`."""
    y_mm: float
    turn: float
    """Angle to the y axis, rad; positive turns the back to the patient's left."""
    spacing: tuple[float, float, float]
    size: tuple[int, int]
    """Rows and columns of the grid."""

    def offset_mm(self) -> npt.NDArray[np.float64]:
        """Distance of each column of blocks from the plane, positive to the patient's left; (y, x)."""
        y = np.arange(self.size[0])[:, None] * self.spacing[1] - self.y_mm
        x = np.arange(self.size[1])[None, :] * self.spacing[2] - self.x_mm
        return np.asarray(x * np.cos(self.turn) - y * np.sin(self.turn))

    def column(self) -> float:
        """Index x at which the plane crosses the middle."""
        return self.x_mm / self.spacing[2]

    def _sources(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Mask]:
        """Row and column that each cell's reflection comes from, clipped to the grid, and whether it lies there."""
        ny, nx = self.size
        offset = self.offset_mm()
        y = np.arange(ny)[:, None] + 2 * offset * np.sin(self.turn) / self.spacing[1]
        x = np.arange(nx)[None, :] - 2 * offset * np.cos(self.turn) / self.spacing[2]
        j, i = np.rint(y).astype(np.int64), np.rint(x).astype(np.int64)
        on_grid = (j >= 0) & (j < ny) & (i >= 0) & (i < nx)
        return np.clip(j, 0, ny - 1), np.clip(i, 0, nx - 1), on_grid

    def reflect(self, mask: Mask) -> Mask:
        """Reflect a mask, its last two axes being (y, x); what comes from beyond the grid is false."""
        j, i, on_grid = self._sources()
        return np.asarray(mask[..., j, i] & on_grid)

    def reflect_map(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Reflect a map (y, x); what comes from beyond the grid is NaN."""
        j, i, on_grid = self._sources()
        return np.where(on_grid, values[j, i], np.nan)


def find_midplane(coarse: Coarse, body: Mask) -> MidPlane:
    """Find the plane in which the skeleton, seen from above, best matches its own reflection.

    Where hardly any bone is in the scan, the body's outline serves instead.

    Parameters
    ----------
    coarse : the block means
    body : everything but the air around the patient, on the same grid
    """
    bone = (coarse.hu > _BONE_HU) & body
    seen = (bone if bone.sum() * coarse.voxel_ml > 20.0 else body).sum(axis=0).astype(np.float64)
    seen = np.sqrt(seen)
    sy, sx = coarse.spacing[1:]
    blurred = ndimage.gaussian_filter(seen, (5.0 / sy, 5.0 / sx))
    y, x = np.nonzero(seen)
    weight = seen[y, x]
    trunk = body.sum(axis=0)
    y0 = float(np.average(np.arange(seen.shape[0]), weights=trunk.sum(axis=1))) * sy
    x0 = float(np.average(np.arange(seen.shape[1]), weights=trunk.sum(axis=0))) * sx
    best = (-1.0, x0, 0.0)
    for turn in _TURNS:
        for shift in np.arange(-_REACH_MM, _REACH_MM + 0.1, 1.5):
            offset = (x * sx - x0 - shift) * np.cos(turn) - (y * sy - y0) * np.sin(turn)
            j = np.rint((y * sy + 2 * offset * np.sin(turn)) / sy).astype(np.int64)
            i = np.rint((x * sx - 2 * offset * np.cos(turn)) / sx).astype(np.int64)
            valid = (j >= 0) & (j < seen.shape[0]) & (i >= 0) & (i < seen.shape[1])
            match = float((weight[valid] * blurred[j[valid], i[valid]]).sum())
            if match > best[0]:
                best = (match, x0 + shift, float(turn))
    return MidPlane(x_mm=best[1], y_mm=y0, turn=best[2], spacing=coarse.spacing, size=(seen.shape[0], seen.shape[1]))
