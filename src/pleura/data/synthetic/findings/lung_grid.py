"""An anatomy in, its lungs on a grid out, with the coordinates that the places of disease are written in."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, gaussian_filter

from pleura.data.synthetic.anatomy.body import Anatomy

__all__ = ["LungGrid"]

Array = npt.NDArray[np.float64]
Array32 = npt.NDArray[np.float32]


class LungGrid:
    """The lungs of one patient; all arrays are (z, y, x) on one grid.

    Attributes
    ----------
    origin : x, y, z of the first point, mm
    step : distance between points, mm
    lobe, mask : lobe 0 to 5, and whether it is not 0
    x, y, z : coordinates, mm
    depth : distance to the edge of the lung, mm
    wall : distance to the chest wall and the diaphragm only: the side towards the mediastinum is not peripheral, mm
    bronchi : distance to the larger airways, mm
    back : 0 at the front of the lung to 1 at its back
    t : 0 at the base to 1 at the apex
    """

    def __init__(self, anatomy: Anatomy, step: float) -> None:
        w, d = anatomy.patient.width, anatomy.patient.depth
        self.anatomy, self.step = anatomy, step
        xs = np.arange(-142 * w, 142 * w, step)
        ys = np.arange(-116 * d, 122 * d, step)
        zs = np.arange(-14, anatomy.shape.H + 4, step)
        self.origin: Array = np.array([xs[0], ys[0], zs[0]])
        Z, Y, X = np.meshgrid(zs, ys, xs, indexing="ij")
        lobe, _ = anatomy.lobes_at(np.stack([X.ravel(), Y.ravel(), Z.ravel()], 1))
        self.lobe = lobe.reshape(X.shape)
        self.mask: npt.NDArray[np.bool_] = self.lobe > 0
        self.x: Array32 = X.astype(np.float32)
        self.y: Array32 = Y.astype(np.float32)
        self.z: Array32 = Z.astype(np.float32)
        self.depth = self._distance(self.mask)
        middle = (np.abs(X) < 70 * w) & (np.abs(Y + 2.5 * d) < 77.5 * d) & (Z > 45)
        hull = self.mask | middle
        self.wall = self._distance(hull)
        front = np.where(self.mask, self.y, 999).min(1)
        rear = np.where(self.mask, self.y, -999).max(1)
        self.back = np.clip((self.y - front[:, None]) / np.maximum(rear - front, 1)[:, None], 0, 1)
        self.t = np.clip(self.z / anatomy.shape.H, 0, 1)
        self.bronchi = self._distance(~self._near_airways())

    def _distance(self, inside: npt.NDArray[np.bool_]) -> Array32:
        return (np.asarray(distance_transform_edt(inside)) * self.step).astype(np.float32)

    def _near_airways(self) -> npt.NDArray[np.bool_]:
        """Grid points next to the larger airways."""
        near = np.zeros(self.mask.shape, bool)
        big = self.anatomy.trees.airways
        big = big[big[:, 3] > 1.1]
        for f in (0.25, 0.75):
            q, inside = self.indices(big[:, :3] + f * (big[:, 4:7] - big[:, :3]))
            q = q[inside]
            near[q[:, 2], q[:, 1], q[:, 0]] = True
        return near

    def indices(self, points: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Nearest grid index (x, y, z) of each point (n, 3), and whether it lies on the grid."""
        q = ((points - self.origin) / self.step).round().astype(np.int64)
        inside = (q >= 0) & (q < np.array(self.mask.shape)[::-1])
        return q, np.asarray(inside.all(1))

    def at(self, values: npt.NDArray[np.floating], points: Array) -> Array:
        """Values of an array on this grid at the nearest grid points of points (n, 3); 0 outside the grid; (n,)."""
        q, inside = self.indices(points)
        out = np.zeros(len(points))
        q = q[inside]
        out[inside] = values[q[:, 2], q[:, 1], q[:, 0]]
        return out

    def index(self, point: Array) -> tuple[int, int, int]:
        """Nearest grid index (z, y, x) of a point (x, y, z), kept on the grid."""
        q = np.clip(((point - self.origin) / self.step).round(), 0, np.array(self.mask.shape)[::-1] - 1)
        return int(q[2]), int(q[1]), int(q[0])

    def point(self, index: np.integer | int) -> Array:
        """x, y, z of a flat grid index, mm."""
        k, j, i = np.unravel_index(index, self.mask.shape)
        return np.array([self.x[k, j, i], self.y[k, j, i], self.z[k, j, i]], float)

    def noise(self, g: np.random.Generator, mm: float) -> Array32:
        """Smooth noise with a grain of `mm`, unit variance inside the lungs."""
        white = g.standard_normal(self.mask.shape, dtype=np.float32)
        n = gaussian_filter(white, mm / self.step, mode="wrap", truncate=2.5)
        return np.asarray(n / (n[self.mask].std() + 1e-6), np.float32)

    def cut(self, score: npt.NDArray[np.floating], fraction: float, soft: float) -> npt.NDArray[np.floating]:
        """1 in the given fraction of the lung with the highest score, falling to 0 over `soft` units of score."""
        level = np.quantile(score[self.mask], 1 - min(max(fraction, 1e-5), 0.98))
        return np.asarray(np.clip((score - level) / soft + 0.5, 0, 1) * self.mask)

    def spread(
        self, g: np.random.Generator, count: int, prior: npt.NDArray[np.floating], radius: float
    ) -> npt.NDArray[np.float32]:
        """Give a field that is high, up to 1.4, near `count` seeds drawn from a prior, and -9 far away."""
        p = np.where(self.mask, prior, 0).ravel().astype(np.float64)
        out = np.full(self.mask.shape, -9.0, np.float32)
        for seed in g.choice(p.size, count, p=p / p.sum()):
            k, j, i = np.unravel_index(seed, self.mask.shape)
            r = radius * g.lognormal(0, 0.45)
            c = (self.x[k, j, i], self.y[k, j, i], self.z[k, j, i])
            m = int(3.2 * r / self.step) + 1
            b = tuple(slice(max(int(a) - m, 0), int(a) + m + 1) for a in (k, j, i))
            e = g.uniform(0.6, 1.5, 3)
            square = (
                ((self.x[b] - c[0]) * e[0]) ** 2 + ((self.y[b] - c[1]) * e[1]) ** 2 + ((self.z[b] - c[2]) * e[2]) ** 2
            )
            out[b] = np.maximum(out[b], 1.4 - 1.6 * np.sqrt(square) / r)
        return out
