"""One plane of a study, its lungs, lesions or heat in; PNGs of the CT and of what is laid over it out."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from pleura.export.lesion_kinds import KIND_COLOURS

__all__ = ["LUNG_COLOUR", "LUNG_WINDOW", "ct_png", "heat_png", "outlines_png", "picture_size"]

LUNG_WINDOW = (-1200.0, 600.0)
"""HU shown as black and white."""

LUNG_COLOUR = (216, 226, 234)
"""Of the lungs' outlines."""

_LONGEST_SIDE = 460
_FINER = 2
"""Outlines are drawn on so many times the pixels of the CT."""
_SMOOTHING_MM = 0.8
"""Outlines are rounded by this much, so that a single voxel's noise makes no island."""
_HEAT_STOPS = np.array([0, 64, 128, 192, 255], dtype=np.float64)
_HEAT_COLOURS = np.array([[0, 0, 80], [120, 20, 130], [225, 60, 60], [250, 160, 30], [255, 250, 150]], dtype=np.float64)


def picture_size(shape: tuple[int, ...], spacing: tuple[float, float]) -> tuple[int, int]:
    """Pixels (high, wide) with square pixels and the longer side fixed.

    Parameters
    ----------
    shape : of the plane, (rows, columns)
    spacing : mm between rows, and between columns
    """
    mm = np.array(shape[:2]) * np.array(spacing)
    high, wide = np.maximum((mm * _LONGEST_SIDE / mm.max()).round().astype(int), 1)
    return int(high), int(wide)


def ct_png(hu: npt.NDArray[np.int16], size: tuple[int, int]) -> bytes:
    """Give the plane in the lung window, 8 bits of grey.

    Parameters
    ----------
    hu : (rows, columns), Hounsfield units
    size : pixels (high, wide)
    """
    low, high = LUNG_WINDOW
    grey = (np.clip((hu - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    return _png(Image.fromarray(_resized(grey, size)))


def heat_png(
    heat: npt.NDArray[np.uint8], lungs: npt.NDArray[np.uint8], size: tuple[int, int], spacing: tuple[float, float]
) -> bytes:
    """Give the map in colour, the clearer the colder, with the lungs' outlines.

    Parameters
    ----------
    heat : (rows, columns), 0 to 255
    lungs : (rows, columns), 0 outside, 1 right, 2 left
    size : pixels (high, wide)
    spacing : mm between rows, and between columns
    """
    warmth = _resized(heat, size) // 2 * 2  # even values are the map's colours, 1 is the outlines'
    warmth[_outline(lungs > 0, size, spacing, 1)] = 1
    values = np.arange(256)
    palette = np.stack([np.interp(values, _HEAT_STOPS, _HEAT_COLOURS[:, c]) for c in range(3)], axis=1)
    opacity = 255 * (values / 255.0) ** 0.8 * 0.6
    palette[1], opacity[1] = LUNG_COLOUR, 220
    return _palette_png(warmth, palette, opacity)


def outlines_png(
    lungs: npt.NDArray[np.uint8], kinds: npt.NDArray[np.uint8], size: tuple[int, int], spacing: tuple[float, float]
) -> bytes:
    """Give the outlines of the lungs and of each kind of lesion.

    Parameters
    ----------
    lungs : (rows, columns), 0 outside, 1 right, 2 left
    kinds : (rows, columns), 0 none, else a kind of `pleura.export.lesion_kinds`
    size : pixels (high, wide) of the CT below; the outlines are drawn on twice as many
    spacing : mm between rows, and between columns
    """
    fine = (_FINER * size[0], _FINER * size[1])
    drawn = np.zeros(fine, np.uint8)
    own = max(KIND_COLOURS) + 1
    drawn[_outline(lungs > 0, fine, spacing, 2)] = own
    for kind in KIND_COLOURS:
        drawn[_outline(kinds == kind, fine, spacing, 4)] = kind
    palette, opacity = np.zeros((own + 1, 3)), np.zeros(own + 1)
    for kind, colour in {**KIND_COLOURS, own: LUNG_COLOUR}.items():
        palette[kind], opacity[kind] = colour, 255
    opacity[own] = 190
    return _palette_png(drawn, palette, opacity)


def _outline(
    inside: npt.NDArray[np.bool_], size: tuple[int, int], spacing: tuple[float, float], width: int
) -> npt.NDArray[np.bool_]:
    """Find the inner edge of a region, in the picture's pixels."""
    if not inside.any():
        return np.zeros(size, dtype=np.bool_)
    blurred = ndimage.gaussian_filter(inside.astype(np.float32), [_SMOOTHING_MM / mm for mm in spacing])
    region = _resized((blurred * 255).astype(np.uint8), size) > 127
    return np.asarray(region & ~ndimage.binary_erosion(region, iterations=width))


def _resized(image: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    drawn = Image.fromarray(np.ascontiguousarray(image)).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    return np.array(drawn, dtype=np.uint8)


def _palette_png(
    indices: npt.NDArray[np.uint8], palette: npt.NDArray[np.float64], opacity: npt.NDArray[np.float64]
) -> bytes:
    image = Image.fromarray(indices, mode="P")
    image.putpalette(np.rint(palette).astype(np.uint8).tobytes())
    return _png(image, transparency=np.rint(opacity).astype(np.uint8).tobytes())


def _png(image: Image.Image, **more: bytes) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", **more)
    return buffer.getvalue()
