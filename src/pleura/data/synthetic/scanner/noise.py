"""An ideal slice in, a reconstructed one with a kernel's blur and noise out.

White noise is scaled by a map of photon starvation, then shaped in frequency. The noise power of filtered back
projection rises from zero as a ramp and falls with the kernel; the variance of a ray grows as the exponential of the
attenuation along it, hence more noise, and sideways streaks, through the shoulders.
"""

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.ndimage import gaussian_filter

from pleura.data.synthetic.scanner.scanners import Kernel

__all__ = ["Reconstruction"]

Image = npt.NDArray[np.float32]

_KNOT = 16
"""Distance between the knots of a streak along a row, pixels."""


class Reconstruction:
    """The kernel and noise of one scan.

    Parameters
    ----------
    size : rows and columns
    pixel : distance between pixels, mm
    kernel : the reconstruction kernel
    noise : scale of the noise in these slices, HU, before the kernel's gain
    crispness : scale of the frequencies that the kernel passes
    hardening : strength of the dark bands between dense bones, 0 none
    """

    def __init__(
        self,
        size: int,
        pixel: float,
        kernel: Kernel,
        noise: float,
        *,
        crispness: float = 1.0,
        hardening: float = 0.0,
    ) -> None:
        self._size, self._pixel = size, pixel
        self._gain = kernel.gain * noise
        self._hardening = hardening
        self._mtf, self._nps = _spectra(size, pixel, kernel, crispness)
        self._left = np.arange(size) // _KNOT  # linear interpolation between knots
        self._weight = ((np.arange(size) % _KNOT) / _KNOT).astype(np.float32)

    def __call__(self, ideal: Image, g: np.random.Generator) -> npt.NDArray[np.floating]:
        """HU of the slice (y, x) as the scanner shows it, not yet rounded."""
        n = self._size
        rows, columns = self._starvation(ideal)
        amplitude = np.sqrt(0.5 * rows[:, None] + 0.8 * columns[None, :] + np.float32(0.12))
        noise = g.standard_normal((n, n), dtype=np.float32) * (amplitude * self._gain)
        streak = np.sqrt(rows)
        if streak.max() > 0.8:  # thick rays across the shoulders: noise stretched along the row
            e = g.standard_normal((n, self._left[-1] + 2), dtype=np.float32)
            along = e[:, self._left] * (1 - self._weight) + e[:, self._left + 1] * self._weight
            noise += along * (0.22 * self._gain * np.clip(streak - 0.6, 0, 3))[:, None]
        if self._hardening > 0:
            ideal = ideal - self._dark_bands(ideal)
        spectrum = fft.rfft2(ideal) * self._mtf + fft.rfft2(noise) * self._nps
        return np.asarray(fft.irfft2(spectrum, s=(n, n)))

    def _starvation(self, ideal: Image) -> tuple[Image, Image]:
        """How much more variance the rays along each row and each column have, from the attenuation along them."""
        n = self._size
        small = max(n // 64, 1)
        mu = np.clip(ideal[::small, ::small] * 1e-3 + 1.0, 0, 2.2) * 0.019 * self._pixel * small  # 1/mm times mm
        along = []
        for axis in (1, 0):
            ray = np.exp(0.55 * (gaussian_filter(mu.sum(axis), 1.5) - 5.0))
            along.append(np.interp(np.arange(n), np.arange(ray.size) * small, ray).astype(np.float32))
        return along[0], along[1]

    def _dark_bands(self, ideal: Image) -> Image:
        """HU that beam hardening takes from soft tissue, along the rows that cross much bone."""
        bone = np.clip(ideal - 200, 0, 900).sum(1) * (self._pixel / 900)  # mm of dense bone in each row
        depth = self._hardening * 0.8 * np.clip(gaussian_filter(bone, 3.0 / self._pixel) - 18, 0, 50)
        tissue = np.clip(ideal * (1 / 150) + 2, 0, 1) * np.clip(2 - ideal * (1 / 200), 0, 1)  # neither air nor bone
        return np.asarray(depth[:, None] * tissue, np.float32)


def _spectra(size: int, pixel: float, kernel: Kernel, crispness: float) -> tuple[Image, Image]:
    """Transfer function and noise shaping (unit variance) on the half plane of a real FFT; (y, x // 2 + 1)."""
    f = np.hypot(fft.fftfreq(size, pixel)[:, None], fft.rfftfreq(size, pixel)[None]).astype(np.float32)
    f /= np.float32(crispness)
    mtf = np.exp(-2 * (np.pi * kernel.blur * f) ** 2)
    mtf *= 1 + kernel.boost * (f / 0.35) ** 2 * np.exp(-((f / 0.55) ** 2))
    nps = f / (f + kernel.peak) * np.exp(-((f / kernel.fall) ** 2.2)) + 0.002
    full = np.r_[1.0, np.full(f.shape[1] - 1, 2.0)]
    nps /= np.sqrt((nps**2 * full).sum() / (size * size))
    return mtf.astype(np.float32), nps.astype(np.float32)
