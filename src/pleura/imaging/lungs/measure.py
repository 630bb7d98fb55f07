"""A lung mask in; litres, the slices that show lung, and notes on quality out."""

import numpy as np
import numpy.typing as npt

from pleura.errors import NoLungsError
from pleura.imaging.volume import Volume

__all__ = ["lung_litres", "lung_notes", "lung_slices"]

Labels = npt.NDArray[np.uint8]

_CUT_MM2 = 1500.0
"""Lung in the outermost slice beyond this area goes on outside the scan."""
_ASYMMETRIC = 0.5
_AIR_HU = -400
_LEAST_AIR = 0.2
"""A lung with a smaller share of air-filled voxels is opaque: where it ends was inferred from the other side."""


def lung_litres(mask: Labels, volume: Volume) -> tuple[float, float]:
    """Volume of the right and of the left lung, litres."""
    right, left = (np.count_nonzero(mask == side) * volume.voxel_ml / 1000.0 for side in (1, 2))
    return right, left


def lung_slices(mask: Labels, *, least_share: float = 0.02) -> slice:
    """Range of z indices in which the lungs are visible.

    Parameters
    ----------
    mask : 0 outside, 1 right, 2 left, axes (z, y, x)
    least_share : a slice counts from this share of the largest slice's lung area on

    Returns
    -------
    From the first such slice to the last.

    Raises
    ------
    NoLungsError
        If the mask is empty.
    """
    area = np.count_nonzero(mask, axis=(1, 2))
    shown = np.flatnonzero((area > 0) & (area >= least_share * area.max()))
    if shown.size == 0:
        raise NoLungsError(
            f"the lung mask of {len(mask)} slices is empty; expected one with lung; segment the lungs first"
        )
    return slice(int(shown[0]), int(shown[-1]) + 1)


def lung_notes(mask: Labels, volume: Volume) -> tuple[str, ...]:
    """Say what a reader should know of the lungs in this scan before relying on measurements; empty if nothing."""
    right, left = lung_litres(mask, volume)
    notes: list[str] = []
    area = np.count_nonzero(mask, axis=(1, 2)) * volume.spacing[1] * volume.spacing[2]
    if area[0] > _CUT_MM2:
        notes.append("the lungs are cut off at the lower end of the scan")
    if area[-1] > _CUT_MM2:
        notes.append("the lungs are cut off at the upper end of the scan")
    small, large, name = (right, left, "right") if right < left else (left, right, "left")
    if small == 0.0:
        notes.append(f"no {name} lung was found")
    elif small < _ASYMMETRIC * large:
        notes.append(f"the {name} lung is small: {small:.1f} litres against {large:.1f}")
    coarse = (slice(None, None, 2), slice(None, None, 3), slice(None, None, 3))
    seen, hu = mask[coarse], volume.hu[coarse]
    for label, side in ((1, "right"), (2, "left")):
        values = hu[seen == label]
        if values.size and (values < _AIR_HU).mean() < _LEAST_AIR:
            notes.append(f"the {side} lung holds hardly any air: its outline is inferred from the other side")
    return tuple(notes)
