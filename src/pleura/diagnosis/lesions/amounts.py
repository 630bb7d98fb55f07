"""Masks of lesions, lungs and lobes on a CT in; millilitres by side, third, lobe and kind out.

Each lung is cut into thirds of its own height, from its lowest to its highest point along the body's axis. A voxel that
a cut goes through counts on both sides of it by its share, so that thick slices do not shift the cut.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from numba import njit

from pleura.errors import GeometryError, NoLungsError
from pleura.imaging.volume import Volume

__all__ = ["CONSOLIDATION_FROM_HU", "LOBES", "THIRDS", "Amounts", "count_amounts"]

Labels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

CONSOLIDATION_FROM_HU = -300
"""Lesion of this density or more is consolidation, the rest ground glass.

W. Lu et al., Quantitative CT for detecting COVID-19 pneumonia in suspected cases, BMC Infectious Diseases 21 (2021),
doi:10.1186/s12879-021-06556-z: of eight thresholds this one told patients from others best.
"""
LOBES = ("right upper lobe", "right middle lobe", "right lower lobe", "left upper lobe", "left lower lobe")
"""Labels 1 to 5 of a lobe mask."""
THIRDS: tuple[Literal["lower", "middle", "upper"], ...] = ("lower", "middle", "upper")
"""Of a lung's height, from the feet up."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Amounts:
    """Millilitres; the last axis is lung without lesion, ground glass, consolidation."""

    thirds: Numbers
    """(side, third, kind): right and left; lower, middle, upper."""
    lobes: Numbers | None
    """(lobe, kind), in the order of `LOBES`; None without a lobe mask."""
    slices: Numbers
    """Lesion inside the lungs in each slice, (z,)."""
    outside: float
    """Lesion outside the lungs."""
    mean_hu: float | None
    """Of the lesion inside the lungs; None where there is none."""
    cuts: Numbers
    """(side, 2): where each lung was cut, the lower cut first, mm along the body's axis (S of LPS); NaN for a lung that
    is not there."""


@njit(cache=True, nogil=True)
def _extent(lungs: Labels, axis: Numbers) -> Numbers:
    """Lowest and highest voxel centre of each lung along the body's axis, mm; (side, 2)."""
    found = np.empty((2, 2))
    found[:, 0], found[:, 1] = np.inf, -np.inf
    for k in range(lungs.shape[0]):
        for j in range(lungs.shape[1]):
            for i in range(lungs.shape[2]):
                if lungs[k, j, i]:
                    side = lungs[k, j, i] - 1
                    s = axis[0] * k + axis[1] * j + axis[2] * i + axis[3]
                    found[side, 0] = min(found[side, 0], s)
                    found[side, 1] = max(found[side, 1], s)
    return found


@njit(cache=True, nogil=True)
def _below(cut: float, s: float, height: float) -> float:
    """Share of a voxel at `s` that lies below a cut."""
    return min(max((cut - s) / height + 0.5, 0.0), 1.0)


@njit(cache=True, nogil=True)
def _count(
    lesions: Labels, lungs: Labels, lobes: Labels, hu: npt.NDArray[np.int16], axis: Numbers, cuts: Numbers, dense: int
) -> tuple[Numbers, Numbers, Numbers, int, float]:
    """Count voxels by side, third and kind; by lobe and kind; lesion by slice; lesion outside; sum of lesion HU."""
    thirds, by_lobe = np.zeros((2, 3, 3)), np.zeros((6, 3))
    slices = np.zeros(lungs.shape[0])
    outside, total = 0, 0.0
    for k in range(lungs.shape[0]):
        for j in range(lungs.shape[1]):
            for i in range(lungs.shape[2]):
                if lungs[k, j, i] == 0:
                    outside += lesions[k, j, i] > 0
                    continue
                kind = 0
                if lesions[k, j, i]:
                    kind = 2 if hu[k, j, i] >= dense else 1
                    slices[k] += 1.0
                    total += hu[k, j, i]
                side = lungs[k, j, i] - 1
                s = axis[0] * k + axis[1] * j + axis[2] * i + axis[3]
                low = _below(cuts[side, 0], s, abs(axis[0]))
                high = _below(cuts[side, 1], s, abs(axis[0]))
                thirds[side, 0, kind] += low
                thirds[side, 1, kind] += high - low
                thirds[side, 2, kind] += 1.0 - high
                if lobes.size:
                    by_lobe[lobes[k, j, i], kind] += 1.0
    return thirds, by_lobe, slices, outside, total


def _cuts(extent: Numbers, slice_mm: float) -> Numbers:
    """Divide the height of each lung, from the lower face of its lowest voxel to the upper one of its highest."""
    extent = np.where(np.isfinite(extent), extent, np.nan)
    start = extent[:, 0] - slice_mm / 2
    height = extent[:, 1] - extent[:, 0] + slice_mm
    return np.asarray(np.stack([start + height / 3, start + 2 * height / 3], axis=1))


def count_amounts(lesions: Labels, lungs: Labels, volume: Volume, *, lobes: Labels | None = None) -> Amounts:
    """Measure lesion by side, third, lobe and kind.

    Parameters
    ----------
    lesions : 0 none, other values lesion, on the volume's grid, (z, y, x)
    lungs : 0 outside, 1 right lung, 2 left lung
    volume : gives HU and the place of each voxel
    lobes : 0 none, 1 to 5 as in `LOBES`; a lung voxel without lobe counts in no lobe

    Raises
    ------
    GeometryError
        If a mask is not on the volume's grid, or has other labels.
    NoLungsError
        If the lung mask is empty.
    """
    for name, mask, top in (("lesions", lesions, 255), ("lungs", lungs, 2), ("lobes", lobes, len(LOBES))):
        if mask is None:
            continue
        if mask.shape != volume.shape or mask.dtype != np.uint8:
            raise GeometryError(
                f"{name} of shape {mask.shape}, {mask.dtype}, on a volume of shape {volume.shape}; need uint8 labels "
                "on the same grid: draw or resample the mask on this series"
            )
        if int(mask.max()) > top:
            raise GeometryError(f"{name} have a label {int(mask.max())}; need labels from 0 to {top}")
    if not lungs.any():
        raise NoLungsError("the lung mask is empty; there is nothing to measure lesions in")
    axis = np.ascontiguousarray(volume.affine[2])
    lungs = np.ascontiguousarray(lungs)
    cuts = _cuts(_extent(lungs, axis), abs(float(axis[0])))
    thirds, by_lobe, slices, outside, total = _count(
        np.ascontiguousarray(lesions),
        lungs,
        np.zeros((0, 0, 0), np.uint8) if lobes is None else np.ascontiguousarray(lobes),
        np.ascontiguousarray(volume.hu),
        axis,
        cuts,
        CONSOLIDATION_FROM_HU,
    )
    ml = volume.voxel_ml
    return Amounts(
        thirds=thirds * ml,
        lobes=None if lobes is None else by_lobe[1:] * ml,
        slices=slices * ml,
        outside=outside * ml,
        mean_hu=float(total / slices.sum()) if slices.any() else None,
        cuts=cuts,
    )
