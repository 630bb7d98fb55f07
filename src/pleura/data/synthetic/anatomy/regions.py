"""A point in, its signed distance to skin, rib cage, heart and mediastinum, and its lobe out, compiled.

Distances are in mm, negative inside. The frame is that of `Shape`.
"""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.primitives import capsule, curve, ellipsoid, oval, sample, smooth_min, tile
from pleura.data.synthetic.anatomy.shape import Shape
from pleura.data.synthetic.compiled import kernel

__all__ = ["COARSE_STEP", "coarse_fields", "diaphragm", "lobe_of", "lobes_at"]

Array = npt.NDArray[np.float64]

COARSE_STEP = 6.0
"""Grid of the coarse fields, mm."""


@kernel
def cage_distance(x: float, y: float, z: float, S: Shape) -> float:
    """Distance to the inner surface of the rib cage, with the gutters beside the spine."""
    t = z / S.H
    a, f, b = curve(S.half, S.z0, z), curve(S.front, S.z0, z), curve(S.back, S.z0, z)
    mid = 0.5 * (f + b) + 4.0
    if t > 0.78:  # the apex closes like a dome, towards the back
        s = max(1.0 - ((t - 0.78) / 0.225) ** 2, 0.0) ** 0.5 + 0.02
        mid += 6.0 * (t - 0.78) / 0.22
        a, f, b = a * s, mid + (f - mid) * s, mid + (b - mid) * s
    yy = y - mid
    if yy > 0:
        h = min(yy / 40.0, 1.0)
        yy += 13.0 * h * np.exp(-((x / (34.0 * S.wide)) ** 2))
        return oval(x, yy, a, b - mid, 2.45)
    return oval(x, yy, a, mid - f, 2.15)


@kernel
def skin_distance(x: float, y: float, z: float, cage: float, bulk: Array, S: Shape) -> float:
    """Distance to the skin, given that to the rib cage."""
    a, f, b = curve(S.skin_half, S.z0, z), curve(S.skin_front, S.z0, z), curve(S.skin_back, S.z0, z)
    mid = 0.5 * (f + b) + 8.0
    th = np.arctan2(y - mid, x)
    bump = 0.0
    for k in range(S.ripple.shape[0]):
        bump += S.ripple[k, 0] * np.cos((k + 2) * th + S.ripple[k, 1] + 0.01 * z)
    if y > mid:
        d = oval(x, y - mid + 7.0 * np.exp(-((x / 14.0) ** 2)), a, b - mid, 2.7)
    else:
        d = oval(x, y - mid, a, mid - f, 2.35)
    d = smooth_min(d - bump, cage - 13.0 - 0.6 * S.fat, 22.0)
    for k in range(S.breast.shape[0]):
        d = smooth_min(d, ellipsoid(x, y, z, S.breast[k]), 25.0)
    for k in range(len(bulk)):
        d = smooth_min(d, capsule(x, y, z, bulk[k]) - 0.55 * S.fat - 3.0, 22.0)
    return d


@kernel
def heart_distance(x: float, y: float, z: float, S: Shape) -> float:
    """Distance to the heart, flattened underneath because it rests on the diaphragm."""
    z = max(z, S.heart[0, 2] - 24.0)
    d = ellipsoid(x, y, z, S.heart[0])
    for k in range(1, S.heart.shape[0]):
        d = smooth_min(d, ellipsoid(x, y, z, S.heart[k]), 14.0)
    return d


@kernel
def mediastinum_distance(x: float, y: float, z: float, heart: float, tubes: Array, S: Shape) -> float:
    """Distance to the union of everything between the lungs, rounded by fat."""
    t = z / S.H
    ys = curve(S.spine, S.z0, z)
    near = smooth_min(heart - 1.2, oval(x, y - ys - 4, 24.0 * S.wide, 24.0, 2.0), 11.0)
    for k in range(len(tubes)):
        near = smooth_min(near, capsule(x, y, z, tubes[k]) - 1.6, 8.0)
    # the sheet of fat between the two lungs, wider behind the sternum and above the arch
    front = curve(S.front, S.z0, z)
    sheet = 2.0 + 6.0 * np.exp(-(((y - front) / 11.0) ** 2)) + 18.0 * max(t - 0.80, 0.0) / 0.2
    mid = 4.0 * np.sin(3.0 * t) + (6.0 if t > 0.45 else 6.0 + 40.0 * (0.45 - t))
    if y > ys - 22:
        mid = 0.0
    return smooth_min(near, abs(x - mid) - sheet, 10.0)


@kernel
def diaphragm(x: float, y: float, S: Shape) -> float:
    """Height of the diaphragm: two domes that fall steeply into the recesses, deepest at the back."""
    top = -1e9
    for k in range(2):
        cx, cy, zt = S.dome[3 * k], S.dome[3 * k + 1], S.dome[3 * k + 2]
        dx, dy = (x - cx) / (67.0 * S.wide), (y - cy) / (98.0 * S.deep)
        if dx * cx < 0:  # towards the midline it falls less
            dx *= 0.80
        r = dx * dx + dy * dy
        low = min(max(12.0 - 38.0 * dy - 18.0 * max(dx * cx / abs(cx), 0.0), -12.0), 42.0)
        z = low + (zt - low) * max(1.0 - r, 0.0) ** 0.80 - 25.0 * max(r - 1.0, 0.0)
        h = max(12.0 - abs(z - top), 0.0) / 12.0
        top = max(z, top) + h * h * 3.0
    return top


@kernel
def lobe_of(x: float, y: float, z: float, S: Shape) -> tuple[int, float]:
    """Lobe 1 to 5 and distance to the nearest fissure, for a point known to lie in a lung."""
    F = S.fissure
    wob = 8.0 * tile(S.noise, x * 0.012 + 7.1, y * 0.012, z * 0.012)
    if x < 0:
        o = (z - F[0, 0] - F[0, 1] * y - F[0, 2] * (x + 60) - F[0, 3] * (x + 55) ** 2 + wob) * 0.72
        h = z - F[1, 0] - F[1, 1] * y - F[1, 2] * (x + 60) + 0.0018 * (y + 40) ** 2 + wob
        if o < 0:
            return 3, -o
        if h > 0:
            return 1, min(o, h)
        return 2, min(o, -h)
    o = (z - F[2, 0] - F[2, 1] * y - F[2, 2] * (x - 60) - F[2, 3] * (x - 55) ** 2 + wob) * 0.72
    if o < 0:
        return 5, -o
    return 4, o


@kernel
def coarse_fields(xs: Array, ys: Array, zs: Array, S: Shape) -> npt.NDArray[np.float32]:
    """Distances to skin, cage, mediastinum and heart on a coarse grid; (4, z, y, x), mm."""
    out = np.empty((4, zs.size, ys.size, xs.size), np.float32)
    for k in range(zs.size):
        low, high = np.minimum(S.tubes[:, 2], S.tubes[:, 6]), np.maximum(S.tubes[:, 2], S.tubes[:, 6])
        near = S.tubes[(low < zs[k] + 30) & (high > zs[k] - 30)]
        low, high = np.minimum(S.bulk[:, 2], S.bulk[:, 6]), np.maximum(S.bulk[:, 2], S.bulk[:, 6])
        bulk = S.bulk[(low < zs[k] + 50) & (high > zs[k] - 50)]
        wide, rear = curve(S.skin_half, S.z0, zs[k]) + 30, curve(S.skin_back, S.z0, zs[k]) + 30
        if len(bulk) > 0:
            wide, rear = max(wide, np.abs(bulk[:, 0]).max() + 75), max(rear, bulk[:, 1].max() + 75)
        fore = curve(S.skin_front, S.z0, zs[k]) - (75 if S.breast.shape[0] > 0 else 30)
        for j in range(ys.size):
            for i in range(xs.size):
                x, y, z = xs[i], ys[j], zs[k]
                if abs(x) > wide or y > rear or y < fore:  # surely air
                    out[0, k, j, i], out[1, k, j, i] = 30.0, 60.0
                    out[2, k, j, i], out[3, k, j, i] = 99.0, 99.0
                    continue
                c = cage_distance(x, y, z, S)
                out[1, k, j, i] = c
                out[0, k, j, i] = skin_distance(x, y, z, c, bulk, S)
                h, m = 99.0, 99.0
                if abs(x) < 125 and c < 8:
                    h = heart_distance(x, y, z, S)
                    m = mediastinum_distance(x, y, z, h, near if abs(x) < 72 else near[:0], S)
                out[2, k, j, i] = m
                out[3, k, j, i] = h
    return out


@kernel
def lobes_at(
    points: Array, fields: npt.NDArray[np.float32], origin: Array, S: Shape
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Lobe (0 outside the lungs) and depth below the pleura, mm, of many points (n, 3)."""
    lobe = np.zeros(len(points), np.uint8)
    depth = np.zeros(len(points), np.float32)
    for n in range(len(points)):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        c = sample(fields[1], origin, 1 / COARSE_STEP, x, y, z)
        m = sample(fields[2], origin, 1 / COARSE_STEP, x, y, z)
        if c > -1.2 or m < 0:
            continue
        d = z - diaphragm(x, y, S)
        if d <= 0:
            continue
        lobe[n] = lobe_of(x, y, z, S)[0]
        depth[n] = min(-c, d)
    return lobe, depth
