"""A volume, its lungs and what was found in them in; which slices are worth a look, and pictures of them, out.

Pictures are shown as a radiologist expects them: the patient's right on the picture's left, front up, head up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.export.overlays import ct_png, heat_png, outlines_png, picture_size
from pleura.imaging.volume import Volume

__all__ = ["KeyPicture", "choose_key_slices", "coronal_picture", "key_pictures"]

_MARGIN_MM = 30.0
"""Shown around the lungs: the chest wall, without the couch."""


@dataclass(frozen=True)
class KeyPicture:
    """One plane: the CT, and what is laid over it."""

    title: str
    size: tuple[int, int]
    """Pixels (high, wide) of `ct`; what is laid over it may be finer and covers the same."""
    mm_per_pixel: float
    top: str
    """Letter of the direction that is up: A for the front, H for the head."""
    ct: bytes
    """PNG, grey, lung window."""
    lesions: bytes | None
    """PNG, outlines of the lungs and of each kind of lesion; None where lesions were not looked for."""
    heat: bytes | None
    """PNG, class activation map and outlines of the lungs, clear where it is cold; None where there is no map."""


def choose_key_slices(weights: npt.NDArray[np.integer], lungs: npt.NDArray[np.uint8], count: int) -> list[int]:
    """Slices with the most weight inside the lungs, kept apart from each other, in order from the head to the feet.

    Where there is none, slices spread evenly over the lungs.

    Parameters
    ----------
    weights, lungs : (z, y, x); a heat map, or a lesion mask
    count : how many, at least 1
    """
    inside = np.array([int(weights[k][lungs[k] > 0].sum(dtype=np.int64)) for k in range(len(weights))], np.float64)
    seen = np.flatnonzero(lungs.any(axis=(1, 2)))
    if not inside.any():
        picks = seen[np.linspace(0, len(seen) - 1, min(count, len(seen)) + 2).round().astype(int)[1:-1]]
        return [int(k) for k in sorted(set(picks.tolist()), reverse=True)]
    apart = max(len(seen) // (2 * count), 1)
    chosen: list[int] = []
    for k in np.argsort(-inside, kind="stable"):
        if len(chosen) == count or inside[k] == 0:
            break
        if all(abs(int(k) - other) >= apart for other in chosen):
            chosen.append(int(k))
    return sorted(chosen, reverse=True)


def key_pictures(
    volume: Volume,
    lungs: npt.NDArray[np.uint8],
    *,
    heat: npt.NDArray[np.uint8] | None = None,
    kinds: npt.NDArray[np.uint8] | None = None,
    slices: Sequence[int] = (),
    count: int = 4,
) -> tuple[KeyPicture, ...]:
    """Draw the key slices of a study, from the head to the feet.

    Parameters
    ----------
    volume : the study
    lungs : (z, y, x), 0 outside, 1 right, 2 left
    heat : (z, y, x), 0 to 255; None where there is no map
    kinds : (z, y, x), 0 none, else a kind of `pleura.export.lesion_kinds`; None where lesions were not looked for
    slices : the ones to draw; where there are none, those with most lesion, or else most heat, or else evenly spread
    count : how many, at most
    """
    _, dy, dx = volume.spacing
    _, rows, columns = _around_lungs(volume, lungs)
    chosen = sorted(slices[:count], reverse=True) or choose_key_slices(_weights(lungs, heat, kinds), lungs, count)
    middle = ((volume.shape[1] - 1) / 2, (volume.shape[2] - 1) / 2)
    return tuple(
        _draw(
            f"Axial slice {k + 1} of {volume.shape[0]} (from the feet), "
            f"S {(volume.affine @ (k, *middle, 1))[2]:.1f} mm",
            "A",
            (dy, dx),
            volume.hu[k, rows, columns],
            lungs[k, rows, columns],
            None if heat is None else heat[k, rows, columns],
            None if kinds is None else kinds[k, rows, columns],
        )
        for k in chosen
    )


def coronal_picture(
    volume: Volume,
    lungs: npt.NDArray[np.uint8],
    *,
    heat: npt.NDArray[np.uint8] | None = None,
    kinds: npt.NDArray[np.uint8] | None = None,
) -> KeyPicture:
    """Draw the coronal plane with the most lesion in the lungs, or else the most heat, or else the most lung."""
    weight = np.where(lungs > 0, _weights(lungs, heat, kinds), 0).sum(axis=(0, 2), dtype=np.int64)
    row = int(weight.argmax())
    dz, _, dx = volume.spacing
    slices, _, columns = _around_lungs(volume, lungs)
    middle = ((volume.shape[0] - 1) / 2, row, (volume.shape[2] - 1) / 2)
    return _draw(
        f"Coronal plane, row {row + 1} of {volume.shape[1]} (from the front), "
        f"P {(volume.affine @ (*middle, 1))[1]:.1f} mm",
        "H",
        (dz, dx),
        volume.hu[slices, row, columns][::-1],
        lungs[slices, row, columns][::-1],
        None if heat is None else heat[slices, row, columns][::-1],
        None if kinds is None else kinds[slices, row, columns][::-1],
    )


def _weights(
    lungs: npt.NDArray[np.uint8], heat: npt.NDArray[np.uint8] | None, kinds: npt.NDArray[np.uint8] | None
) -> npt.NDArray[np.uint8]:
    """Give what makes a plane worth a look: lesion, where there is any; else heat; else lung."""
    for found in (None if kinds is None else (kinds > 0).view(np.uint8), heat):
        if found is not None and found[lungs > 0].any():
            return found
    return (lungs > 0).view(np.uint8) if heat is None else heat


def _around_lungs(volume: Volume, lungs: npt.NDArray[np.uint8]) -> tuple[slice, slice, slice]:
    """Find the box of the lungs with a margin, along z, y, x; the whole volume where there are none."""
    box = []
    for axis, mm in enumerate(volume.spacing):
        seen = np.flatnonzero(lungs.any(axis=tuple({0, 1, 2} - {axis})))
        if not len(seen):
            return slice(None), slice(None), slice(None)
        margin = round(_MARGIN_MM / mm)
        box.append(slice(max(int(seen[0]) - margin, 0), int(seen[-1]) + margin + 1))
    return box[0], box[1], box[2]


def _draw(
    title: str,
    top: str,
    spacing: tuple[float, float],
    hu: npt.NDArray[np.int16],
    lungs: npt.NDArray[np.uint8],
    heat: npt.NDArray[np.uint8] | None,
    kinds: npt.NDArray[np.uint8] | None,
) -> KeyPicture:
    size = picture_size(hu.shape, spacing)
    return KeyPicture(
        title=title,
        size=size,
        mm_per_pixel=hu.shape[1] * spacing[1] / size[1],
        top=top,
        ct=ct_png(hu, size),
        lesions=None if kinds is None else outlines_png(lungs, kinds, size, spacing),
        heat=None if heat is None else heat_png(heat, lungs, size, spacing),
    )
