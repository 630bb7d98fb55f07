"""A volume, its lungs and a heat map in, pictures of the slices worth a look out.

Pictures are shown as a radiologist expects them: the patient's right on the picture's left, front up, head up.
"""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from pleura.imaging.volume import Volume

__all__ = ["KeyPicture", "choose_key_slices", "coronal_picture", "key_pictures"]

LUNG_WINDOW = (-1200.0, 600.0)
"""HU shown as black and white."""

_HEAT_STOPS = np.array([0, 64, 128, 192, 255], dtype=np.float64)
_HEAT_COLOURS = np.array([[0, 0, 80], [120, 20, 130], [225, 60, 60], [250, 160, 30], [255, 250, 150]], dtype=np.float64)
_OUTLINE_COLOURS = {1: (70, 200, 255), 2: (120, 255, 150)}
_LONGEST_SIDE = 460
_MARGIN_MM = 30.0
"""Shown around the lungs: the chest wall, without the couch."""


@dataclass(frozen=True)
class KeyPicture:
    """One slice, drawn twice."""

    title: str
    plain_png: bytes
    """The CT alone, lung window."""
    overlay_png: bytes
    """With the heat map in colour and the outline of each lung."""


def choose_key_slices(heat: npt.NDArray[np.uint8], lungs: npt.NDArray[np.uint8], count: int) -> list[int]:
    """Slices with the most heat inside the lungs, kept apart from each other, in order from the head to the feet.

    Where the map is empty, slices spread evenly over the lungs.

    Parameters
    ----------
    heat, lungs : (z, y, x)
    count : how many, at least 1
    """
    inside = np.array([int(heat[k][lungs[k] > 0].sum(dtype=np.int64)) for k in range(len(heat))], dtype=np.float64)
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
    volume: Volume, lungs: npt.NDArray[np.uint8], heat: npt.NDArray[np.uint8], *, count: int = 4
) -> tuple[KeyPicture, ...]:
    """Draw the key slices of a study.

    Parameters
    ----------
    volume : the study
    lungs : (z, y, x), 0 outside, 1 right, 2 left
    heat : (z, y, x), 0 to 255
    count : how many slices
    """
    _, dy, dx = volume.spacing
    _, rows, columns = _around_lungs(volume, lungs)
    return tuple(
        _draw(
            f"Axial slice {k + 1} of {volume.shape[0]} (from the feet)",
            volume.hu[k, rows, columns],
            lungs[k, rows, columns],
            heat[k, rows, columns],
            (dy, dx),
        )
        for k in choose_key_slices(heat, lungs, count)
    )


def coronal_picture(volume: Volume, lungs: npt.NDArray[np.uint8], heat: npt.NDArray[np.uint8]) -> KeyPicture:
    """Draw the coronal plane with the most heat in the lungs (or the most lung, where the map is empty)."""
    weight = np.where(lungs > 0, heat, 0).sum(axis=(0, 2), dtype=np.int64)
    if not weight.any():
        weight = (lungs > 0).sum(axis=(0, 2), dtype=np.int64)
    row = int(weight.argmax())
    dz, _, dx = volume.spacing
    slices, _, columns = _around_lungs(volume, lungs)
    return _draw(
        f"Coronal plane, row {row + 1} of {volume.shape[1]} (from the front)",
        volume.hu[slices, row, columns][::-1],
        lungs[slices, row, columns][::-1],
        heat[slices, row, columns][::-1],
        (dz, dx),
    )


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
    hu: npt.NDArray[np.int16],
    lungs: npt.NDArray[np.uint8],
    heat: npt.NDArray[np.uint8],
    spacing: tuple[float, float],
) -> KeyPicture:
    low, high = LUNG_WINDOW
    grey = (np.clip((hu - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    height, width = _picture_size(hu.shape, spacing)
    base = np.repeat(_resized(grey, (height, width), Image.Resampling.BICUBIC)[:, :, None], 3, axis=2)
    warmth = _resized(heat, (height, width), Image.Resampling.BICUBIC).astype(np.float64)
    opacity = (np.clip(warmth / 255.0, 0, 1) ** 0.8 * 0.6)[:, :, None]
    colours = np.stack([np.interp(warmth, _HEAT_STOPS, _HEAT_COLOURS[:, c]) for c in range(3)], axis=2)
    overlay = base * (1 - opacity) + colours * opacity
    labels = _resized(lungs, (height, width), Image.Resampling.NEAREST)
    for label, colour in _OUTLINE_COLOURS.items():
        side = labels == label
        overlay[side & ~ndimage.binary_erosion(side)] = colour
    return KeyPicture(title=title, plain_png=_png(base), overlay_png=_png(overlay))


def _picture_size(shape: tuple[int, ...], spacing: tuple[float, float]) -> tuple[int, int]:
    """Pixels (high, wide) with square pixels and the longer side fixed."""
    mm = np.array(shape[:2]) * np.array(spacing)
    high, wide = np.maximum((mm * _LONGEST_SIDE / mm.max()).round().astype(int), 1)
    return int(high), int(wide)


def _resized(image: npt.NDArray[np.uint8], size: tuple[int, int], how: Image.Resampling) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.fromarray(np.ascontiguousarray(image)).resize((size[1], size[0]), how), dtype=np.uint8)


def _png(pixels: npt.NDArray[np.floating] | npt.NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.rint(pixels).astype(np.uint8)).save(buffer, format="PNG", optimize=False, compress_level=6)
    return buffer.getvalue()
