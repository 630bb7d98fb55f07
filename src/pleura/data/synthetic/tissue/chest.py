"""One thick slice's place in, HU of its thin sub-slices, lobes and lesions out, before anything is painted, compiled.

A slice is the mean of a few thin sub-slices: this gives the partial volume effect of thick slices on the diaphragm and
on oblique vessels. Tissue values are near the usual teaching values: fat -100, muscle 50, blood 42, liver 57, cortical
bone 900.
"""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.breath import Breath, level_at, seen_in_full_breath
from pleura.data.synthetic.anatomy.primitives import curve, ellipsoid, sample, smooth_step, tile
from pleura.data.synthetic.anatomy.regions import COARSE_STEP, diaphragm, lobe_of
from pleura.data.synthetic.anatomy.shape import Shape
from pleura.data.synthetic.compiled import kernel
from pleura.data.synthetic.findings.kinds import FLUID
from pleura.data.synthetic.tissue.abdomen import abdomen
from pleura.data.synthetic.tissue.chest_wall import chest_wall
from pleura.data.synthetic.tissue.lung import lung
from pleura.data.synthetic.tissue.outside import outside
from pleura.data.synthetic.tissue.spine import NO_SPINE, vertebra

__all__ = ["fill"]

Array = npt.NDArray[np.float64]
Array32 = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


@kernel
def mediastinum(x: float, y: float, z: float, heart: float, S: Shape) -> float:
    """HU between the lungs: heart with its fat and left ventricle's wall, and fat around it."""
    blood = S.material[3]
    n1 = tile(S.noise, x * 0.07, y * 0.07, z * 0.07)
    if heart < 0:
        rim = 0.6 + 2.6 * tile(S.noise, x * 0.03 + 5, y * 0.03, z * 0.03)
        if -heart < rim and heart > -10:
            return -78.0
        left = ellipsoid(x, y, z, S.heart[0])
        first, second = left, 99.0
        for k in range(1, S.heart.shape[0]):
            d = ellipsoid(x, y, z, S.heart[k])
            if d < first:
                second = first
                first = d
            elif d < second:
                second = d
        groove = 7.0 * (1.0 + heart / 24.0) + n1
        if second - first < groove and second < 14.0:  # fat with the coronary vessels, between the chambers
            return -72.0 if second - first < groove - 1.5 else -20.0
        wall = left == first and -11.0 < left < 0.0 and x > 0
        chamber = blood + 2.0 * n1 + (0.06 * (blood - 42.0) if left == first else 0.0)
        return float(46.0 + 0.35 * (blood - 42) if wall else chamber)
    n2 = tile(S.noise, x * 0.16 + 9, y * 0.16, z * 0.12)  # strands and small vessels in the fat
    return -92.0 + 10.0 * n1 + 95.0 * smooth_step(n2 + 0.4 * n1, 0.5, 1.6)


@kernel
def fill(
    buf: Array32,
    lobes: Bytes,
    lesion: Bytes,
    closed: Bytes,
    zs: Array,
    inner: Array,
    slide: Array,
    beat: Array,
    x0: float,
    y0: float,
    h: float,
    turn: float,
    shift: Array,
    S: Shape,
    B: Breath,
    fields: Array32,
    origin: Array,
    F: Array32,
    f_origin: Array,
    f_inverse: float,
    couch: Array,
) -> None:
    """Fill the samples of one slice.

    Parameters
    ----------
    buf : out, HU; (sub-slices, y, x)
    lobes, lesion : out, lobe 0 to 5 and kind of lesion at the middle sub-slice; (y, x)
    closed : out, 0 in aerated or consolidated lung, where airways stay open, else 1; as `buf`
    zs : heights of the sub-slices, mm
    inner : the same for what lies in the rib cage, where breathing has moved it meanwhile
    slide : how far it has moved backwards meanwhile, mm
    beat : how far the left border of the heart has moved inwards at each sub-slice, mm
    x0, y0, h : scanner's place of the first sample and distance between samples, mm
    turn, shift : rotation, rad, and shift (x, y), mm, of the patient on the couch
    S, fields, origin : the anatomy, its material as on the day of the scan
    B : the depth of breath
    F, f_origin, f_inverse : the findings' fields, their origin, and their cells a mm
    couch : as in `outside`
    """
    ns, ny, nx = buf.shape
    cr, sr = np.cos(turn), np.sin(turn)
    inv = 1.0 / COARSE_STEP
    half = 0.5 * (zs[1] - zs[0]) if ns > 1 else 1.0
    squeezed = beat.max() > 0
    for s in range(ns):
        z = zs[s]
        t = z / S.H
        ys = curve(S.spine, S.z0, z)
        front, back = curve(S.front, S.z0, z), curve(S.back, S.z0, z)
        side, ahead = curve(B.side, B.z0, z), curve(B.front, B.z0, z)
        density = curve(B.density, B.z0, inner[s])
        level = level_at(inner[s], S, B)
        zf, ysf = level[0], level[5]
        keep = s == ns // 2
        for j in range(ny):
            v = y0 + j * h
            for i in range(nx):
                u = x0 + i * h
                x = cr * (u - shift[0]) + sr * (v - shift[1])
                y = -sr * (u - shift[0]) + cr * (v - shift[1])
                in_front = y < ys
                xw, yw = (
                    x * side,
                    ys + (y - ys) * (ahead if in_front else 1.0),
                )  # where the wall was in full inspiration
                skin = sample(fields[0], origin, inv, xw, yw, z)
                if keep:
                    lobes[j, i] = 0
                    lesion[j, i] = 0
                closed[s, j, i] = 1
                if skin > 0:
                    buf[s, j, i] = outside(x, y, z, u, v, skin, couch, S.noise)
                    continue
                cage = sample(fields[1], origin, inv, xw, yw, z)
                if abs(x) < 44 and y > ys - 24 and y < ys + 72:
                    bone = vertebra(x, y, z, ys, S)
                    if bone > NO_SPINE:
                        buf[s, j, i] = bone
                        continue
                if cage > 0:
                    buf[s, j, i] = chest_wall(xw, yw, z, t, skin, cage, front, back, S)
                    continue
                x, y = seen_in_full_breath(x, y - slide[s], level)
                below = diaphragm(x, y, S) - zf
                if below > half:
                    buf[s, j, i] = abdomen(x, y, zf, below, cage, ysf, S)
                    continue
                near = sample(fields[2], origin, inv, x, y, zf)
                if near < 0:
                    heart = sample(fields[3], origin, inv, x, y, zf)
                    if squeezed and near > -beat[s] and heart < 12:  # the left border moves, most at its middle
                        moved = beat[s] * smooth_step(x, -5.0, 35.0) * smooth_step(heart, 12.0, 5.0)
                        near, heart = near + moved, heart + moved
                    if near < 0:
                        buf[s, j, i] = mediastinum(x, y, zf, heart, S)
                        continue
                if cage > -1.0:  # the pleura
                    buf[s, j, i] = -20.0
                    continue
                lobe, fissure = lobe_of(x, y, zf, S)
                hu, kind = lung(x, y, zf, cage, fissure, density, F, f_origin, f_inverse, S)
                shut = 1 if kind == FLUID else 0
                if below > -half:  # partial volume on the dome of the diaphragm
                    hu += 0.5 * (below / half + 1.0) * (46.0 - hu)
                    shut = 1
                buf[s, j, i] = hu
                closed[s, j, i] = shut
                if keep:
                    lobes[j, i] = lobe
                    lesion[j, i] = kind
