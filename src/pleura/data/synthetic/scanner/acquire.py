"""An anatomy, its findings and a protocol in, one scan out: HU and masks on a grid with its affine."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.body import MUSCLE_UPTAKE, Anatomy
from pleura.data.synthetic.anatomy.breath import Breath, breathe, moved_by_breath
from pleura.data.synthetic.anatomy.implants import draw_electrodes
from pleura.data.synthetic.anatomy.shape import CURVE_STEP, Shape
from pleura.data.synthetic.findings.pattern import Findings
from pleura.data.synthetic.scanner.grid import lay_grid
from pleura.data.synthetic.scanner.metal import METAL_HU, metal_streaks
from pleura.data.synthetic.scanner.motion import Motion
from pleura.data.synthetic.scanner.noise import Reconstruction
from pleura.data.synthetic.scanner.protocol import Protocol
from pleura.data.synthetic.scanner.scanners import KERNELS
from pleura.data.synthetic.streams import stream
from pleura.data.synthetic.tissue.chest import fill
from pleura.data.synthetic.tissue.paint import paint

__all__ = ["AIR_HU", "Scan", "acquire", "scan_circle"]

Array = npt.NDArray[np.float64]

AIR_HU = -1024
"""What a volume holds outside the scan circle, and the least that it holds anywhere, HU."""
_COUCHES = ((0.0006, 215.0, -250.0), (0.0011, 235.0, -120.0), (0.0003, 260.0, -420.0), (0.0010, 228.0, 60.0))
"""Bend 1/mm, half width mm, HU of the shell."""


_SLIDE = 0.6
"""How far vessels and airways move backwards for each mm that breathing lifts them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scan:
    """One scan; all arrays are (z, y, x) on one grid."""

    hu: npt.NDArray[np.int16]
    lobes: npt.NDArray[np.uint8]
    """0 outside the lungs, else 1 to 5; counts the pleural space that fluid fills."""
    lesions: npt.NDArray[np.uint8]
    affine: Array
    """4 x 4, (k, j, i, 1) to (L, P, S, 1) in mm."""
    thickness: float
    """Slice thickness, mm."""


def scan_circle(size: int) -> npt.NDArray[np.bool_]:
    """Whether a pixel lies in the scan circle, the largest in the image; (y, x)."""
    a = np.arange(size) - size / 2 + 0.5
    return np.asarray(a[:, None] ** 2 + a[None] ** 2 <= (0.5 * size) ** 2)


def acquire(anatomy: Anatomy, findings: Findings, protocol: Protocol) -> Scan:
    """Scan a patient; the masks are those of the middle of each slice, in place and in time."""
    p = protocol
    S, breath = _on_the_day(anatomy.shape, p), breathe(anatomy.shape, p.breath)
    rear = S.skin_back[(np.arange(S.skin_back.size) * 2 + S.z0 < S.H)].max()
    shift = np.array([p.shift[0], p.shift[1] - 0.5 * (rear + S.skin_front.min()) - 6.0])
    grid = lay_grid(S, shift, p, base=breath.base)
    h, n = grid.pixel, grid.size
    couch = np.array([rear + shift[1] + 1.5, *_COUCHES[p.couch]])
    capsules, kinds, inside = _lay_capsules(anatomy, findings, p, breath, shift)
    reach = np.maximum(capsules[:, 3], capsules[:, 7]) * 2 + h
    lowest = np.minimum(capsules[:, 2], capsules[:, 6]) - reach
    highest = np.maximum(capsules[:, 2], capsules[:, 6]) + reach
    thin = np.sqrt(5.0 / max(grid.thickness, 0.5)) * min(1.0, (0.75 / h)) ** 0.5
    reconstruct = Reconstruction(n, h, KERNELS[p.kernel], p.noise * thin, crispness=p.crispness, hardening=p.hardening)
    drawn = anatomy.seed if p.noise_seed is None else p.noise_seed
    g = stream(drawn, "noise")
    first, second = stream(drawn, "motion").uniform(0, 2 * np.pi, 2)
    motion = Motion(
        breathing=p.breathing, heartbeat=p.heartbeat, rotation=p.rotation, table=p.table, phases=(first, second)
    )
    hu = np.empty(p.shape, np.int16)
    lobes, lesions = np.zeros(p.shape, np.uint8), np.zeros(p.shape, np.uint8)
    buf = np.empty((grid.samples, n, n), np.float32)
    closed = np.empty(buf.shape, np.uint8)
    beyond = ~scan_circle(n)
    heights = S.z0 + CURVE_STEP * np.arange(breath.weight.size)
    for k in range(grid.slices):
        zs = grid.heights(k)
        rise, beat = motion.at(zs)
        takes_part = np.interp(zs, heights, breath.weight)
        inner, slide = zs - rise * takes_part, _SLIDE * (rise - rise[rise.size // 2]) * takes_part
        corner = (grid.corner, grid.corner, h)
        fill(
            buf,
            lobes[k],
            lesions[k],
            closed,
            zs,
            inner,
            slide,
            beat,
            *corner,
            p.tilt,
            shift,
            S,
            breath,
            anatomy.fields,
            anatomy.origin,
            findings.fields,
            findings.origin,
            1.0 / findings.step,
            couch,
        )
        near = (lowest < max(zs[-1], inner.max())) & (highest > min(zs[0], inner.min()))
        paint(buf, closed, lobes[k], lesions[k], zs, inner, slide, *corner, capsules[near], kinds[near], inside[near])
        ideal = buf.mean(0)
        streaks = metal_streaks(ideal, h, g) if (capsules[near, 8] > METAL_HU).any() else None
        if streaks is not None:
            ideal = np.maximum(np.minimum(ideal, 3500) + streaks, AIR_HU)
        image = np.clip(np.rint(reconstruct(ideal, g) + p.offset), AIR_HU, 3071)
        if p.circle:
            image[beyond] = AIR_HU
        hu[k] = image
    if p.circle:
        lobes[:, beyond], lesions[:, beyond] = 0, 0
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = grid.dz, h, h, 1.0
    affine[:3, 3] = grid.corner, grid.corner, round(grid.bottom - round(S.H), 4)  # z = 0 at the apex of the lungs
    return Scan(hu=hu, lobes=lobes, lesions=lesions, affine=affine, thickness=grid.thickness)


def _on_the_day(shape: Shape, protocol: Protocol) -> Shape:
    """Give the patient with what the scan brings: contrast agent in the blood, lungs that hang more when half empty."""
    material, organs, rib = shape.material.copy(), shape.organs.copy(), shape.rib.copy()
    out = 1.0 - protocol.breath
    material[0] += 0.20 * out * (material[0] + 1000.0)  # blood for which shorter vessels have no room
    material[1] *= 1 + 0.8 * out
    material[3] += protocol.contrast
    material[5] = min(material[5] + 0.25 * out, 1.0)
    organs[5] += MUSCLE_UPTAKE * protocol.contrast
    rib[2] += 6.0 * out
    return shape._replace(material=material, organs=organs, rib=rib)


def _lay_capsules(
    anatomy: Anatomy, findings: Findings, protocol: Protocol, breath: Breath, shift: Array
) -> tuple[Array, npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Lay out all capsules in the order of painting, as the patient breathes and lies in the scanner's frame.

    Returns the capsules, their kinds, and whether they lie in the rib cage.
    """
    body, enclosed = anatomy.capsules(protocol.contrast)
    if protocol.electrodes:
        electrodes = draw_electrodes(anatomy.shape, anatomy.fields, anatomy.origin)
        body, enclosed = np.vstack([body, electrodes]), np.concatenate([enclosed, np.zeros(len(electrodes), bool)])
    under, over = findings.under, findings.over
    capsules = np.vstack([under.capsules, body, over.capsules])
    kinds = np.concatenate([under.kinds, np.zeros(len(body), np.uint8), over.kinds])
    inside = np.concatenate([np.ones(len(under.kinds), bool), enclosed, np.ones(len(over.kinds), bool)])
    c, s = np.cos(protocol.tilt), np.sin(protocol.tilt)
    for a in (0, 4):
        x, y, z = moved_by_breath(capsules[:, a : a + 3], anatomy.shape, breath, inside).T
        capsules[:, a], capsules[:, a + 1] = c * x - s * y + shift[0], s * x + c * y + shift[1]
        capsules[:, a + 2] = z
    return capsules, kinds, inside
