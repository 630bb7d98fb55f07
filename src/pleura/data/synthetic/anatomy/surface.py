"""An angle, a height and a depth in, a place on the chest wall out: the coordinates of muscles and shoulder blades."""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.shape import CURVE_STEP, Shape

__all__ = ["RIB_SURFACE", "Wall"]

Array = npt.NDArray[np.float64]

RIB_SURFACE = 9.5
"""Depth of the outer surface of the ribs over the inner surface of the rib cage, mm."""


class Wall:
    """The chest wall of one patient, as angle round the chest, height and depth."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._heights = np.arange(len(shape.half)) * CURVE_STEP + shape.z0

    def curve(self, name: str, t: npt.ArrayLike) -> Array:
        """Look one of the shape's tables up at heights t = z / H, mm."""
        return np.asarray(np.interp(np.asarray(t, float) * self._shape.H, self._heights, getattr(self._shape, name)))

    def at(self, side: int, turn: npt.ArrayLike, t: npt.ArrayLike, depth: npt.ArrayLike) -> Array:
        """Places over the rib cage; (..., 3), mm.

        Parameters
        ----------
        side : -1 right, 1 left
        turn : 0 at the back, 0.5 at the side, 1 at the front
        t : height as a share of the lungs' height
        depth : distance outwards from the inner surface of the rib cage, mm
        """
        turn, t, depth = np.broadcast_arrays(*(np.asarray(v, float) for v in (turn, t, depth)))
        a, f, b = (self.curve(name, t) for name in ("half", "front", "back"))
        middle = 0.5 * (f + b) + 4.0
        apex = np.clip((t - 0.78) / 0.225, 0, 0.93)
        narrow = np.sqrt(1 - apex**2)
        x, y = np.sin(np.pi * turn), np.cos(np.pi * turn)
        reach, power = np.where(y > 0, b - middle, middle - f), np.where(y > 0, 2.45, 2.15)
        r = narrow * ((np.abs(x) / a) ** power + (np.abs(y) / reach) ** power) ** (-1 / power) + depth
        return np.stack([side * r * x, middle + 6.0 * apex + r * y, t * self._shape.H], -1)
