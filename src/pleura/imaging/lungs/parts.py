"""Labelled air inside the patient in, the parts that are lung out; refuses where none are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pleura.errors import NoLungsError
from pleura.imaging.lungs.coarse import Coarse
from pleura.imaging.lungs.distance import distance_mm

__all__ = ["aerated_lung", "with_haze"]

Mask = npt.NDArray[np.bool_]

_LUNG_HU = (-965.0, -450.0)
"""Median within a lung; gas in stomach and bowel is nearer -1000."""
_HAZE_HU = -200
"""Dense ground glass stays below this; fat, about -100, does not."""
_HAZE_MM = 40.0
_LEAST_ML = 250.0
_LEAST_PART_ML = 100.0
_LEAST_PART_SHARE = 0.08
_LEAST_RADIUS_MM = 17.0
"""A ball of this radius fits into a lung, but into few loops of bowel and no sinus."""


@dataclass(frozen=True)
class _Part:
    label: int
    ml: float
    hu: float
    radius_mm: float

    @property
    def lung_like(self) -> bool:
        return _LUNG_HU[0] <= self.hu <= _LUNG_HU[1] and self.radius_mm >= _LEAST_RADIUS_MM


def _parts(labels: npt.NDArray[np.integer], count: int, coarse: Coarse) -> list[_Part]:
    size = np.bincount(labels.ravel(), minlength=count + 1) * coarse.voxel_ml
    parts: list[_Part] = []
    for n, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None or size[n] < 10.0:
            continue
        box = tuple(slice(max(s.start - 1, 0), s.stop + 1) for s in box)
        mask = labels[box] == n
        depth = distance_mm(~mask, coarse.spacing)
        core = depth > 0.5 * depth.max() if size[n] < _LEAST_PART_ML else depth > 2 * max(coarse.spacing[1:])
        values = coarse.hu[box][core if core.any() else mask]
        ball = distance_mm(~ndimage.binary_closing(mask, iterations=2), coarse.spacing).max()
        parts.append(_Part(n, float(size[n]), float(np.median(values)), float(ball)))
    return sorted(parts, key=lambda part: -part.ml)


def aerated_lung(coarse: Coarse, inside: Mask, airways: Mask, body_ml: float) -> Mask:
    """Keep the air inside the patient that is lung: large, roomy, and with lung's density rather than gas'.

    Parameters
    ----------
    coarse : the block means
    inside : air inside the patient
    airways : windpipe and main bronchi, left out
    body_ml : what the scan shows of the patient, for the message

    Raises
    ------
    NoLungsError
        If no part is like a lung, or all of them together are too small.
    """
    labels, count = ndimage.label(inside & ~airways)
    parts = _parts(labels, count, coarse)
    lungs = [part for part in parts if part.lung_like]
    least = max(_LEAST_PART_ML, _LEAST_PART_SHARE * lungs[0].ml) if lungs else 0.0
    total = sum(part.ml for part in lungs)
    if total < _LEAST_ML:
        air_ml = float(inside.sum() * coarse.voxel_ml)
        largest = (
            f"its largest part has {parts[0].ml:.0f} ml at a median of {parts[0].hu:.0f} HU" if parts else "in no part"
        )
        raise NoLungsError(
            f"no lungs in the field of view: {body_ml / 1000:.1f} litres of patient with {air_ml:.0f} ml of air in it, "
            f"{largest}; expected at least {_LEAST_ML:.0f} ml of aerated lung between {_LUNG_HU[0]:.0f} and "
            f"{_LUNG_HU[1]:.0f} HU; choose a series that shows the chest"
        )
    keep = np.zeros(count + 1, np.bool_)
    keep[[part.label for part in lungs if part.ml >= least]] = True
    return np.asarray(keep[labels])


def with_haze(lung: Mask, coarse: Coarse, barred: Mask) -> Mask:
    """Add the haze that is joined to a lung: ground glass too dense to count as air.

    Parameters
    ----------
    lung : aerated lung
    coarse : the block means
    barred : air around the patient, airways and gas; blocks beside them are blurred with air and do not count
    """
    near = distance_mm(lung, coarse.spacing) <= _HAZE_MM
    clear = distance_mm(barred, coarse.spacing) > 1.5 * max(coarse.spacing[1:])
    mask = (coarse.hu < _HAZE_HU) & near & clear
    return np.asarray(ndimage.binary_propagation(lung, mask=mask | lung))
