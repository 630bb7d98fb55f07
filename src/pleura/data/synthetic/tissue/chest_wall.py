"""A point between the skin and the inner rib cage in, its HU out, compiled."""

import numpy as np

from pleura.data.synthetic.anatomy.primitives import curve, oval, smooth_step, tile
from pleura.data.synthetic.anatomy.shape import Shape
from pleura.data.synthetic.compiled import kernel

__all__ = ["chest_wall"]


@kernel
def chest_wall(
    x: float, y: float, z: float, t: float, skin: float, cage: float, front: float, back: float, S: Shape
) -> float:
    """Skin, fat, muscle, ribs, cartilage, sternum."""
    n1 = tile(S.noise, x * 0.05, y * 0.05, z * 0.03)
    if skin > -1.7:
        return 15.0
    fat = S.fat * (0.85 + 0.10 * n1) - 1.0
    if t > 0.8:
        fat *= 1.0 - 1.2 * min(t - 0.8, 0.35)
    if abs(x) < 30 and y > back:
        fat *= 0.65
    # sternum
    if 0.27 < t < 0.85:
        hw = (16.0 + 12.0 * smooth_step(t, 0.66, 0.76)) * (0.6 + 0.4 * smooth_step(t, 0.27, 0.36)) * S.wide
        d = oval(x, y - (front - 8.0), hw, 6.0, 3.0)
        if d < 0:
            joint = abs(t - 0.69) < 0.008
            return 75.0 if joint else (360.0 + 90.0 * n1 if d > -1.2 else 110.0 * S.material[4] + 25.0 * n1)
    if 0.2 < cage < 9.4 and t < 1.0:
        mid = 0.5 * (front + back) + 4.0
        s = np.arctan2(abs(x) / S.wide, (y - mid) * 1.15) / np.pi
        g = np.sin(s / 0.70 * 1.5707963) if s < 0.70 else 1.0 - 0.62 * (s - 0.70) / 0.30
        drop = S.rib[2] * (0.75 + 0.35 * min(max(t, 0.0), 1.0))
        u = (z + drop * g) / S.rib[0] - S.rib[1]
        n = np.floor(u + 0.5)
        off = (u - n) * S.rib[0]
        e = ((cage - 4.6) / S.rib[3]) ** 2 + (off / S.rib[4]) ** 2
        reach = 1.0
        if n < 1:
            reach = 0.42
        elif n < 2:
            reach = 0.55
        if e < 1.0 and s < reach and abs(x) > 12:
            bony = 0.735 + 0.010 * n
            if s > bony:
                return 95.0 + 30.0 * n1
            if e > 0.50:
                return 880.0 + 60.0 * n1
            return float(190.0 * S.material[4] + 45.0 * n1)
        if cage < 7.5 and e > 1.0:
            return 44.0 + 5.0 * n1 if cage > 1.0 else -30.0
    muscle = 54.0 + 5.0 * n1
    # muscle ends at some thickness over the ribs: thin in front, thick behind; the shoulders are all muscle
    rear = smooth_step(y, 0.5 * (front + back) - 30.0, back)
    bulk = (
        15.0
        + 9.0 * smooth_step(t, 0.35, 0.7)
        + 22.0 * rear
        + 420.0 * max(t - 0.66 - 0.12 * (1.0 - rear), 0.0)
        + 3.0 * n1
    )
    if skin > -fat or cage > bulk:
        if S.breast.shape[0] > 0 and skin < -6.0 and y < front - 12.0 and 0.22 < t < 0.62 and abs(x) > 30.0:
            gland = tile(S.noise, x * 0.05 + 21, y * 0.07, z * 0.05) + 0.5 * n1
            return -100.0 + 120.0 * smooth_step(gland, 0.35, 0.9) * smooth_step(-skin, 6.0, 14.0)
        return -104.0 + 6.0 * n1 + 45.0 * smooth_step(abs(tile(S.noise, x * 0.11, y * 0.11 + 9, z * 0.06)), 0.05, 0.0)
    # fat between the muscles, and the armpit
    # sheets of muscle: the noise is stretched along the body contour, so the fat between them runs in layers
    th = np.arctan2(y - 0.5 * (front + back), x)
    q1, q2 = 2.6 * np.cos(th) + 0.008 * x, 2.6 * np.sin(th) + 0.012 * y
    deep = -42.0 * (1.0 - np.exp(skin / 42.0))
    plane = abs(tile(S.noise, q1 + 0.035 * deep, q2 + 0.085 * deep, z * 0.012 + 0.05 * deep) + 0.35 * n1)
    hu = -85.0 + (muscle + 85.0) * smooth_step(plane, 0.03 + 0.002 * S.fat, 0.13 + 0.004 * S.fat)
    hu -= 26.0 * max(tile(S.noise, 2.5 * q1 + 0.22 * deep, 2.5 * q2 + 0.16 * deep, z * 0.05), 0.0) ** 2
    ax = (abs(x) - curve(S.half, S.z0, z) - 27.0) / 24.0
    ay = (y - 0.5 * (front + back) + 22.0) / 40.0
    az = (t - 0.76) / 0.20
    q = ax * ax + ay * ay + az * az + 0.35 * tile(S.noise, x * 0.09, y * 0.09 + 5, z * 0.05)
    if q < 1.0:
        hu = hu + (-100.0 - hu) * smooth_step(q, 1.0, 0.75)
        if tile(S.noise, x * 0.13, y * 0.13 + 31, z * 0.13) > 1.9:
            hu = 35.0
    return hu
