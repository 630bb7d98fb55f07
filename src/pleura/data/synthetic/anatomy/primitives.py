"""Points in, distances and smooth noise out: the few shapes that the anatomy is made of, compiled.

Distances are signed, in mm, negative inside.
"""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.compiled import kernel

__all__ = ["capsule", "curve", "ellipsoid", "oval", "sample", "smooth_min", "smooth_step", "tile"]

Array = npt.NDArray[np.float64]
Array32 = npt.NDArray[np.float32]


@kernel
def curve(table: Array, z0: float, z: float) -> float:
    """Linear look-up in a table with a value every 2 mm from z0."""
    f = (z - z0) * 0.5
    i = int(f)
    if f < 0.0:
        return float(table[0])
    if i >= table.size - 1:
        return float(table[table.size - 1])
    w = f - i
    return float(table[i] * (1.0 - w) + table[i + 1] * w)


@kernel
def tile(n: Array32, x: float, y: float, z: float) -> float:
    """Trilinear look-up in a periodic noise tile of 64 cells a side, one cell a unit."""
    fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
    wx, wy, wz = x - fx, y - fy, z - fz
    i, j, k = int(fx) & 63, int(fy) & 63, int(fz) & 63
    i1, j1, k1 = (i + 1) & 63, (j + 1) & 63, (k + 1) & 63
    a = (n[k, j, i] * (1 - wx) + n[k, j, i1] * wx) * (1 - wy) + (n[k, j1, i] * (1 - wx) + n[k, j1, i1] * wx) * wy
    b = (n[k1, j, i] * (1 - wx) + n[k1, j, i1] * wx) * (1 - wy) + (n[k1, j1, i] * (1 - wx) + n[k1, j1, i1] * wx) * wy
    return float(a * (1 - wz) + b * wz)


@kernel
def smooth_step(value: float, low: float, high: float) -> float:
    """Rise smoothly from 0 at `low` to 1 at `high`; `low` may lie above `high`."""
    w = (value - low) / (high - low)
    w = min(max(w, 0.0), 1.0)
    return w * w * (3 - 2 * w)


@kernel
def smooth_min(a: float, b: float, k: float) -> float:
    """Give the smaller of two distances, rounded where they differ by less than k mm."""
    h = max(k - abs(a - b), 0.0) / k
    return min(a, b) - h * h * k * 0.25


@kernel
def oval(x: float, y: float, a: float, b: float, p: float) -> float:
    """First-order distance to a superellipse |x/a|^p + |y/b|^p = 1."""
    u, v = abs(x) / a + 1e-6, abs(y) / b + 1e-6
    up, vp = u ** (p - 1), v ** (p - 1)
    s = up * u + vp * v
    f = s ** (1 / p)
    g = f / s * np.sqrt((up / a) ** 2 + (vp / b) ** 2)
    return float((f - 1) / max(g, 0.3 / max(a, b)))


@kernel
def capsule(px: float, py: float, pz: float, c: Array) -> float:
    """Distance to a tapered capsule c = x0 y0 z0 r0 x1 y1 z1 r1."""
    dx, dy, dz = c[4] - c[0], c[5] - c[1], c[6] - c[2]
    qx, qy, qz = px - c[0], py - c[1], pz - c[2]
    w = (qx * dx + qy * dy + qz * dz) / (dx * dx + dy * dy + dz * dz + 1e-9)
    w = min(max(w, 0.0), 1.0)
    ex, ey, ez = qx - w * dx, qy - w * dy, qz - w * dz
    return float(np.sqrt(ex * ex + ey * ey + ez * ez) - (c[3] + w * (c[7] - c[3])))


@kernel
def ellipsoid(px: float, py: float, pz: float, e: Array) -> float:
    """First-order distance to an ellipsoid e = centre (3), rows of the inverse axes (9)."""
    x, y, z = px - e[0], py - e[1], pz - e[2]
    a = e[3] * x + e[4] * y + e[5] * z
    b = e[6] * x + e[7] * y + e[8] * z
    c = e[9] * x + e[10] * y + e[11] * z
    k0 = np.sqrt(a * a + b * b + c * c)
    gx = e[3] * a + e[6] * b + e[9] * c
    gy = e[4] * a + e[7] * b + e[10] * c
    gz = e[5] * a + e[8] * b + e[11] * c
    return float(k0 * (k0 - 1.0) / (np.sqrt(gx * gx + gy * gy + gz * gz) + 1e-6))


@kernel
def sample(f: Array32, origin: Array, inverse: float, x: float, y: float, z: float) -> float:
    """Trilinear look-up of one coarse field (z, y, x) with `inverse` cells a mm from the origin (x, y, z)."""
    u, v, w = (x - origin[0]) * inverse, (y - origin[1]) * inverse, (z - origin[2]) * inverse
    u = min(max(u, 0.0), f.shape[2] - 1.001)
    v = min(max(v, 0.0), f.shape[1] - 1.001)
    w = min(max(w, 0.0), f.shape[0] - 1.001)
    i, j, k = int(u), int(v), int(w)
    u -= i
    v -= j
    w -= k
    a = (f[k, j, i] * (1 - u) + f[k, j, i + 1] * u) * (1 - v) + (f[k, j + 1, i] * (1 - u) + f[k, j + 1, i + 1] * u) * v
    b = (f[k + 1, j, i] * (1 - u) + f[k + 1, j, i + 1] * u) * (1 - v) + (
        f[k + 1, j + 1, i] * (1 - u) + f[k + 1, j + 1, i + 1] * u
    ) * v
    return float(a * (1 - w) + b * w)
