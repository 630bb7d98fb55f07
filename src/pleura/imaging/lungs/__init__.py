"""A Volume in, a mask of its lungs out: 0 outside, 1 right lung, 2 left lung; from HU and geometry alone."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pleura.errors import NoLungsError
from pleura.imaging.lungs.airways import find_airways
from pleura.imaging.lungs.body import AIR_HU, inside_air, outside_air
from pleura.imaging.lungs.coarse import coarsen
from pleura.imaging.lungs.distance import closed, dilated
from pleura.imaging.lungs.fine import refine
from pleura.imaging.lungs.gas import find_gas
from pleura.imaging.lungs.measure import lung_litres, lung_notes, lung_slices
from pleura.imaging.lungs.medial import not_lung
from pleura.imaging.lungs.mirror import find_midplane
from pleura.imaging.lungs.opaque import opaque_lung
from pleura.imaging.lungs.parts import aerated_lung, with_haze
from pleura.imaging.lungs.sides import LEFT, RIGHT, dividing_sheet, side_markers, sides_of
from pleura.imaging.lungs.wall import find_wall
from pleura.imaging.volume import Volume

__all__ = ["lung_litres", "lung_notes", "lung_slices", "segment_lungs"]

_ROUNDS = 2


def segment_lungs(volume: Volume) -> npt.NDArray[np.uint8]:
    """Segment the lungs of a chest CT.

    Vessels, nodules and consolidation inside a lung count as lung; windpipe, main bronchi and the vessels of the hilum
    outside the lungs do not.

    Parameters
    ----------
    volume : at least part of a chest

    Returns
    -------
    Mask on the volume's grid: 0 outside, 1 right lung, 2 left lung, the patient's right and left.

    Raises
    ------
    NoLungsError
        If no lungs are in the field of view; the message says what was found instead.
    """
    coarse = coarsen(volume)
    outside = outside_air(coarse)
    labels, _ = inside_air(coarse, outside)
    inside = labels > 0
    body = ~outside
    body_ml = float((body & (coarse.hu > AIR_HU)).sum() * coarse.voxel_ml)
    if body_ml == 0.0:
        raise NoLungsError("no lungs in the field of view: there is only air; choose a series that shows the chest")
    plane = find_midplane(coarse, body)
    airways = find_airways(coarse, inside, plane.column())
    airways |= find_gas(coarse, inside & ~airways)
    air = aerated_lung(coarse, inside, airways, body_ml)
    air = with_haze(air, coarse, outside | airways)
    sheet = dividing_sheet(side_markers(air, coarse, plane.column()), coarse, plane.column())
    side = sides_of(air, sheet)
    aerated = [closed(side == label, coarse.spacing, 10.0) & ~airways & ~outside for label in (RIGHT, LEFT)]
    known = aerated
    against = not_lung(coarse, coarse.hu < AIR_HU)
    for _ in range(_ROUNDS):
        walls = find_wall(known[0], known[1], coarse, plane)
        known = [
            known[n] | opaque_lung(known[n], known[1 - n], aerated[n], against, walls[n], coarse, plane, left=n == 1)
            for n in (0, 1)
        ]
    whole = np.zeros_like(side)
    for n, label in enumerate((RIGHT, LEFT)):
        filled = closed(known[n], coarse.spacing, 6.0)
        for k in range(len(filled)):
            filled[k] = ndimage.binary_fill_holes(filled[k])
        whole[filled & (whole == 0) & ~airways & ~outside] = label
    lung = whole > 0
    near = dilated(lung, coarse.spacing, 1.1 * max(coarse.spacing)) & ~airways & ~outside
    inner = ~dilated(~lung, coarse.spacing, 1.1 * max(coarse.spacing[1:]))
    rule = np.where(inner | (lung & ~air), 1, np.where(near, 2, 0)).astype(np.uint8)
    return refine(volume, coarse, sides_of(near | lung, sheet), rule)
