"""A mask in; its extent, distances in mm, and dilation, erosion and closing by a ball out."""

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["closed", "dilated", "distance_mm", "eroded", "extent", "occupied"]

Spacing = tuple[float, float, float]
Mask = npt.NDArray[np.bool_]
_FAR = np.float32(1e12)


@njit(cache=True, nogil=True)
def _along_x(mask: Mask, out: npt.NDArray[np.float32], step: float) -> None:
    nz, ny, nx = mask.shape
    for k in range(nz):
        for j in range(ny):
            last = 1e6
            for i in range(nx):
                last = 0.0 if mask[k, j, i] else last + step
                out[k, j, i] = last
            last = 1e6
            for i in range(nx - 1, -1, -1):
                last = 0.0 if mask[k, j, i] else last + step
                d = min(last, out[k, j, i])
                out[k, j, i] = d * d


@njit(cache=True, nogil=True)
def _envelope(
    f: npt.NDArray[np.float64],
    out: npt.NDArray[np.float64],
    v: npt.NDArray[np.int64],
    z: npt.NDArray[np.float64],
    w: float,
) -> None:
    """Lower envelope of the parabolas f[q] + w (p - q)^2, after Felzenszwalb and Huttenlocher."""
    n = f.size
    top = 0
    v[0] = 0
    z[0] = -1e20
    z[1] = 1e20
    for q in range(1, n):
        s = ((f[q] + w * q * q) - (f[v[top]] + w * v[top] * v[top])) / (2.0 * w * (q - v[top]))
        while s <= z[top]:
            top -= 1
            s = ((f[q] + w * q * q) - (f[v[top]] + w * v[top] * v[top])) / (2.0 * w * (q - v[top]))
        top += 1
        v[top] = q
        z[top] = s
        z[top + 1] = 1e20
    top = 0
    for p in range(n):
        while z[top + 1] < p:
            top += 1
        out[p] = f[v[top]] + w * (p - v[top]) * (p - v[top])


@njit(cache=True, nogil=True)
def _along_yz(d: npt.NDArray[np.float32], sz: float, sy: float) -> None:
    nz, ny, nx = d.shape
    n = max(nz, ny)
    f, g = np.empty(n), np.empty(n)
    v, z = np.empty(n, np.int64), np.empty(n + 1)
    for k in range(nz):
        for i in range(nx):
            for j in range(ny):
                f[j] = d[k, j, i]
            _envelope(f[:ny], g[:ny], v, z, sy * sy)
            for j in range(ny):
                d[k, j, i] = g[j]
    for j in range(ny):
        for i in range(nx):
            for k in range(nz):
                f[k] = d[k, j, i]
            _envelope(f[:nz], g[:nz], v, z, sz * sz)
            for k in range(nz):
                d[k, j, i] = np.sqrt(g[k])


def distance_mm(mask: Mask, spacing: Spacing) -> npt.NDArray[np.float32]:
    """Distance of each voxel's centre to the nearest voxel of the mask, mm; huge where the mask is empty.

    Parameters
    ----------
    mask : axes (z, y, x)
    spacing : along (z, y, x), mm

    References
    ----------
    Felzenszwalb and Huttenlocher (2012), Distance transforms of sampled functions, Theory of Computing 8, 415-428.
    """
    out = np.empty(mask.shape, np.float32)
    _along_x(mask, out, spacing[2])
    _along_yz(out, spacing[0], spacing[1])
    return out


def dilated(mask: Mask, spacing: Spacing, radius_mm: float) -> Mask:
    """Every voxel within `radius_mm` of the mask."""
    near = _around(mask, tuple(int(radius_mm / step) + 1 for step in spacing))
    out = np.zeros(mask.shape, np.bool_)
    out[near] = distance_mm(mask[near], spacing) <= radius_mm
    return out


def eroded(mask: Mask, spacing: Spacing, radius_mm: float) -> Mask:
    """Every voxel of the mask further than `radius_mm` from what is not; the end of the grid does not erode."""
    near = _around(mask, (1, 1, 1))  # what is not mask begins at once around it
    out = np.zeros(mask.shape, np.bool_)
    out[near] = distance_mm(~mask[near], spacing) > radius_mm
    return out


def _around(mask: Mask, margin: tuple[int, ...]) -> tuple[slice, ...]:
    """Bounding box of a mask, wider by a margin on every side, within the grid; empty where the mask is."""
    bounds = [extent(mask, axis) for axis in range(3)]
    return tuple(
        slice(max(first - more, 0), last + 1 + more if last >= 0 else 0)
        for (first, last), more in zip(bounds, margin, strict=True)
    )


def closed(mask: Mask, spacing: Spacing, radius_mm: float) -> Mask:
    """Fill the gaps and dents of a mask that are narrower than about twice `radius_mm`."""
    return eroded(dilated(mask, spacing, radius_mm), spacing, radius_mm) | mask


def occupied(mask: Mask, axis: int) -> Mask:
    """Whether a mask with axes (z, y, x) holds anything at each index along one axis."""
    others = tuple(a for a in range(mask.ndim) if a != axis)
    return np.asarray(mask.any(axis=others))


def extent(mask: Mask, axis: int) -> tuple[int, int]:
    """First and last index along one axis at which a mask holds anything; (0, -1) where it is empty."""
    found = np.flatnonzero(occupied(mask, axis))
    return (int(found[0]), int(found[-1])) if found.size else (0, -1)
