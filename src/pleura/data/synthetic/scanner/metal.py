"""An ideal slice with metal in it in, the streaks that its reconstruction would have out.

The rays through the metal are measured wrongly: few photons come through, and those that do are hard, so that a thick
or a double pass counts as too little. The error of every ray is a function of how much metal lies on it; filtered back
projection of the errors alone gives the streaks: a star round every piece, dark bands along its long side and between
two pieces, bright ones beside them.
"""

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.ndimage import zoom

from pleura.data.synthetic.compiled import kernel

__all__ = ["METAL_HU", "metal_streaks"]

Image = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]

METAL_HU = 1500.0
"""What is denser than this counts as metal; bone is drawn up to 900 HU."""
_VIEWS = 360
_BEAM = 0.7
"""How much of a long pass through metal is lost to hardening, 0 none."""
_LONG = 100.0
"""Pass from which on the loss grows no faster than the pass, mm of water."""
_STARVED = 60.0
"""Random error of a ray after a long pass, mm of water; as large as the pass after a short one."""
_TOGETHER = 3
"""Views that err alike."""


def metal_streaks(image: Image, pixel: float, g: np.random.Generator) -> Image | None:
    """Streaks of one slice, HU to be added outside the metal; None where there is no metal.

    Parameters
    ----------
    image : HU of the ideal slice, not cut off; (y, x)
    pixel : distance between pixels, mm
    g : draws the error of the single rays
    """
    metal = np.argwhere(image > METAL_HU)
    if not metal.size:
        return None
    n = image.shape[0]
    step = 2 if n >= 256 else 1
    amount: Array = (image[metal[:, 0], metal[:, 1]].astype(np.float64) + 1000.0) * 1e-3  # times as dense as water
    places: Array = (metal[:, ::-1] - 0.5 * (n - 1)) * pixel  # x, y
    width = pixel * step
    bins = int(np.ceil(1.5 * n / step)) | 1
    angles: Array = np.arange(_VIEWS, dtype=np.float64) * (np.pi / _VIEWS)
    passes = _passes(places, amount * pixel * pixel / width, angles, width, bins)  # mm of water
    lost = -_BEAM * passes**2 / (_LONG + passes)
    coarse = g.standard_normal((_VIEWS // _TOGETHER, 1), dtype=np.float32)
    lost += np.repeat(coarse, _TOGETHER, axis=0) * passes * (_STARVED / (_STARVED + passes))
    size = fft.next_fast_len(2 * bins, real=True)
    ramp = fft.rfftfreq(size, width) * np.exp(-((fft.rfftfreq(size, width) * 2.2 * width) ** 2))
    filtered = fft.irfft(fft.rfft(lost, size, axis=1) * ramp, size, axis=1)[:, :bins]
    small = _back(np.ascontiguousarray(filtered), angles, n // step) * (1000.0 * np.pi / _VIEWS)
    streaks = zoom(small, step, order=1, mode="nearest", grid_mode=True) if step > 1 else small
    return np.where(image > METAL_HU, 0, streaks).astype(np.float32)


def _passes(places: Array, amount: Array, angles: Array, width: float, bins: int) -> npt.NDArray[np.float32]:
    """Amount of metal on each ray, shared between the two nearest bins; (views, bins)."""
    out = np.zeros((angles.size, bins), np.float32)
    s = (np.cos(angles)[:, None] * places[:, 0] + np.sin(angles)[:, None] * places[:, 1]) / width + 0.5 * (bins - 1)
    low = np.floor(s).astype(np.int64)
    part = s - low
    rows = np.repeat(np.arange(angles.size), len(places))
    for shift, weight in ((0, 1 - part), (1, part)):
        np.add.at(out, (rows, (low + shift).ravel()), (weight * amount).ravel())
    return out


@kernel
def _back(filtered: Array, angles: Array, n: int) -> Array:
    """Back projection of filtered views over a grid of n x n with the views' own spacing."""
    out = np.zeros((n, n))
    views, bins = filtered.shape
    middle = 0.5 * (bins - 1)
    for v in range(views):
        c, s = np.cos(angles[v]), np.sin(angles[v])
        row = filtered[v]
        for j in range(n):
            at = (0.5 - 0.5 * n) * c + (j - 0.5 * (n - 1)) * s + middle
            for i in range(n):
                k = int(at)
                w = at - k
                out[j, i] += row[k] * (1.0 - w) + row[k + 1] * w
                at += c
    return out
