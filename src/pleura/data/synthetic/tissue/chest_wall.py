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
    # sternum
    if 0.27 < t < 0.85:
        hw = (16.0 + 12.0 * smooth_step(t, 0.66, 0.76)) * (0.6 + 0.4 * smooth_step(t, 0.27, 0.36)) * S.wide
        d = oval(x, y - (front - 8.0), hw, 6.0, 3.0)
        if d < 0:
            joint = abs(t - 0.69) < 0.008
            return 75.0 if joint else (360.0 + 90.0 * n1 if d > -1.2 else 110.0 * S.material[4] + 25.0 * n1)
    if 0.2 < cage < 9.4 and t < 0.90:
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
            if e > 0.58:
                return 880.0 + 60.0 * n1
            return float(150.0 * S.material[4] + 45.0 * n1)
        if cage < 7.5 and e > 1.0:
            return 44.0 + 5.0 * n1 if cage > 1.0 else -30.0
    if S.breast.shape[0] > 0 and skin < -6.0 and y < front - 12.0 and 0.22 < t < 0.62 and abs(x) > 30.0:
        gland = tile(S.noise, x * 0.05 + 21, y * 0.07, z * 0.05) + 0.5 * n1
        return -100.0 + 120.0 * smooth_step(gland, 0.35, 0.9) * smooth_step(-skin, 6.0, 14.0)
    fat = S.fat * (0.85 + 0.10 * n1) - 1.0
    if t > 0.8:
        fat *= 1.0 - 1.3 * min(t - 0.8, 0.30)
    if abs(x) < 30 and y > back:
        fat *= 0.65
    # muscle that has no name here fills what lies under the fat; thin over the ribs, thick behind and in the shoulders
    rear = smooth_step(y, 0.5 * (front + back) - 10.0, back)
    side = smooth_step(t, 0.35, 0.60) * smooth_step(y, 0.5 * (front + back) - 60.0, 0.5 * (front + back))
    bulk = 13.5 + 5.0 * side + 24.0 * rear + 420.0 * max(t - 0.70 - 0.10 * (1.0 - rear), 0.0) + 2.0 * n1
    if skin < -fat and cage < bulk:
        ax = (abs(x) - curve(S.half, S.z0, z) - 30.0) / 22.0
        ay = (y - 0.5 * (front + back) + 24.0) / 34.0
        az = (t - 0.76) / 0.20
        q = ax * ax + ay * ay + az * az + 0.35 * tile(S.noise, x * 0.09, y * 0.09 + 5, z * 0.05)
        hu = S.organs[5] - 3.0 + 6.0 * n1
        streak = tile(S.noise, x * 0.09 + 0.05 * y, y * 0.16, z * 0.02)
        hu -= (30.0 + 0.8 * S.fat) * smooth_step(abs(streak), 0.22, 0.0)
        if t > 0.84 and abs(x) < 90.0 and y < 0.5 * (front + back) + 12.0:  # fat at the root of the neck
            hu += (-92.0 - hu) * smooth_step(t, 0.84, 0.94) * smooth_step(abs(x) + 9.0 * n1, 82.0, 48.0)
        if q < 1.0:  # the armpit
            hu += (-100.0 - hu) * smooth_step(q, 1.0, 0.75)
            if tile(S.noise, x * 0.13, y * 0.13 + 31, z * 0.13) > 1.9:
                hu = 35.0
        return float(hu)
    hu = -106.0 + 6.0 * n1
    strand = abs(tile(S.noise, x * 0.11, y * 0.11 + 9, z * 0.06))
    if strand < 0.13:  # thin sheets of connective tissue
        hu += 62.0 * smooth_step(strand, 0.13, 0.0)
    return hu
