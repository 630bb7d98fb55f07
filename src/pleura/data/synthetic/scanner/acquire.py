"""An anatomy, its findings and a protocol in, one scan out: HU and masks on a grid with its affine."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.body import Anatomy
from pleura.data.synthetic.findings.pattern import Findings
from pleura.data.synthetic.scanner.grid import lay_grid
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
    """Scan a patient; the masks are those of the middle of each slice."""
    p, S = protocol, anatomy.shape
    rear = S.skin_back[(np.arange(S.skin_back.size) * 2 + S.z0 < S.H)].max()
    shift = np.array([p.shift[0], p.shift[1] - 0.5 * (rear + S.skin_front.min()) - 6.0])
    grid = lay_grid(S, shift, p)
    h, n = grid.pixel, grid.size
    couch = np.array([rear + shift[1] + 1.5, *_COUCHES[p.couch]])
    capsules, kinds = _lay_capsules(anatomy, findings, p.tilt, shift)
    reach = np.maximum(capsules[:, 3], capsules[:, 7]) * 2 + h
    lowest = np.minimum(capsules[:, 2], capsules[:, 6]) - reach
    highest = np.maximum(capsules[:, 2], capsules[:, 6]) + reach
    thin = np.sqrt(5.0 / max(grid.thickness, 0.5)) * min(1.0, (0.75 / h)) ** 0.5
    reconstruct = Reconstruction(n, h, KERNELS[p.kernel], p.noise * thin, crispness=p.crispness, hardening=p.hardening)
    g = stream(anatomy.seed if protocol.noise_seed is None else protocol.noise_seed, "noise")
    hu = np.empty(p.shape, np.int16)
    lobes, lesions = np.zeros(p.shape, np.uint8), np.zeros(p.shape, np.uint8)
    buf = np.empty((grid.samples, n, n), np.float32)
    closed = np.empty(buf.shape, np.uint8)
    beyond = ~scan_circle(n)
    for k in range(grid.slices):
        zs = grid.heights(k)
        place = (zs, grid.corner, grid.corner, h)
        fill(
            buf,
            lobes[k],
            lesions[k],
            closed,
            *place,
            p.tilt,
            shift,
            S,
            anatomy.fields,
            anatomy.origin,
            findings.fields,
            findings.origin,
            1.0 / findings.step,
            couch,
        )
        near = (lowest < zs[-1]) & (highest > zs[0])
        paint(buf, closed, lobes[k], lesions[k], *place, capsules[near], kinds[near])
        image = np.clip(np.rint(reconstruct(buf.mean(0), g) + p.offset), AIR_HU, 3071)
        if p.circle:
            image[beyond] = AIR_HU
        hu[k] = image
    if p.circle:
        lobes[:, beyond], lesions[:, beyond] = 0, 0
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = grid.dz, h, h, 1.0
    affine[:3, 3] = grid.corner, grid.corner, round(grid.bottom - round(S.H), 4)  # z = 0 at the apex of the lungs
    return Scan(hu=hu, lobes=lobes, lesions=lesions, affine=affine, thickness=grid.thickness)


def _lay_capsules(
    anatomy: Anatomy, findings: Findings, tilt: float, shift: Array
) -> tuple[Array, npt.NDArray[np.uint8]]:
    """All capsules in the order of painting, turned and shifted to the scanner's frame, and their kinds."""
    body = anatomy.capsules()
    capsules = np.vstack([findings.under.capsules, body, findings.over.capsules])
    kinds = np.concatenate([findings.under.kinds, np.zeros(len(body), np.uint8), findings.over.kinds])
    c, s = np.cos(tilt), np.sin(tilt)
    for a in (0, 4):
        x, y = capsules[:, a].copy(), capsules[:, a + 1].copy()
        capsules[:, a], capsules[:, a + 1] = c * x - s * y + shift[0], s * x + c * y + shift[1]
    return capsules, kinds
