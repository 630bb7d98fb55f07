"""Aerated lung in, the opaque lung that the chest's own symmetry and shape say is there as well out."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.lungs.distance import dilated, eroded, extent
from pleura.imaging.lungs.floor import floor_map
from pleura.imaging.lungs.medial import Cost, beside_mediastinum
from pleura.imaging.lungs.mirror import MidPlane
from pleura.imaging.lungs.wall import Wall, beyond_lung, inside

__all__ = ["opaque_lung"]

Mask = npt.NDArray[np.bool_]

_THICK_MM = 8.0
"""What neither the other side nor a gap before the wall shows must be thicker than twice this."""
_MARGIN_MM = 30.0
_FLUID_HU = (-25.0, 20.0)
"""Pleural fluid, mean over `_FLUID_SMOOTH_MM`; consolidated lung is denser."""
_FLUID_SMOOTH_MM = 4.0
_OPAQUE_HU = 100
"""Consolidated lung stays below this, also with contrast medium."""


def _around_thick(found: Mask, coarse: Coarse) -> tuple[slice, slice, slice] | None:
    """Box around all of a mask that is thicker than a rim, with room to judge it; None where nothing is."""
    core = eroded(found, coarse.spacing, _THICK_MM)
    if not core.any():
        return None
    ends = [(*extent(core, axis), int(np.ceil(_MARGIN_MM / step))) for axis, step in enumerate(coarse.spacing)]
    z, y, x = (slice(max(first - room, 0), last + room + 1) for first, last, room in ends)
    return z, y, x


def _fluid(coarse: Coarse, found: Mask) -> Mask:
    """Find pleural fluid within what may be opaque lung: large, even, and not as dense as soft tissue."""
    sigma = tuple(_FLUID_SMOOTH_MM / step for step in coarse.spacing)
    weight = ndimage.gaussian_filter(found.astype(np.float32), sigma, truncate=2.0)
    hu = ndimage.gaussian_filter(np.where(found, coarse.hu, 0).astype(np.float32), sigma, truncate=2.0)
    hu /= np.maximum(weight, 1e-3)
    thin = found & (hu > _FLUID_HU[0]) & (hu < _FLUID_HU[1])
    core = eroded(thin, coarse.spacing, _THICK_MM)
    return np.asarray(thin & dilated(core, coarse.spacing, 1.5 * _THICK_MM))


def opaque_lung(
    own: Mask, other: Mask, aerated: Mask, against: Cost, wall: Wall, coarse: Coarse, plane: MidPlane, *, left: bool
) -> Mask:
    """Find opaque lung of one side.

    Parameters
    ----------
    own, other : aerated lung of this side and of the other, with the gaps of vessels closed
    aerated : what of `own` is aerated
    against : what `not_lung` gives
    wall : this side's inner chest wall
    coarse : the block means
    plane : the plane of symmetry
    left : whether this is the left side
    """
    offset = plane.offset_mm()
    here = offset > 0 if left else offset < 0
    height = (np.arange(coarse.hu.shape[0]) + 0.5)[:, None, None] * coarse.spacing[0]
    above = height >= floor_map(aerated, other, wall, coarse, plane, left=left)[None]
    within = inside(wall, coarse) & above
    within[extent(aerated | other, 0)[1] + 1 :] = False  # no lung above the apex that is seen
    lateral = beside_mediastinum(aerated, other, against, within & here[None], coarse, plane, left=left)
    found = here[None] & within & lateral & (coarse.hu < _OPAQUE_HU) & (against < 0.5) & ~own
    shown = plane.reflect(other) | beyond_lung(wall, coarse)
    box = _around_thick(found, coarse)
    if box is None:
        return np.asarray(found & shown)
    part = Coarse(hu=coarse.hu[box], factors=coarse.factors, spacing=coarse.spacing)
    found[box] &= ~_fluid(part, found[box])
    thick = dilated(eroded(found[box], coarse.spacing, _THICK_MM), coarse.spacing, 1.2 * _THICK_MM)
    shown[box] |= thick
    return np.asarray(found & shown)
