"""Picture files of a scan's slices in, a stack of grey levels out; sizes are checked before anything is decoded."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from pleura.errors import GeometryError, IntensityError, UnreadableFileError
from pleura.imaging.boundary import reading
from pleura.imaging.limits import Limits

__all__ = ["PICTURES", "is_picture_name", "read_slice_images"]

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
"""Endings of the picture files that slices are published as, in small letters."""
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
_COLOURED = 8
"""Largest difference between the colours of a grey pixel; JPEG's own loss stays below."""


def is_picture_name(name: str) -> bool:
    """Whether a file is called as a picture is."""
    return name.lower().endswith(PICTURES)


def read_slice_images(paths: Sequence[Path], limits: Limits = Limits()) -> npt.NDArray[np.uint8]:
    """Read the slices of a scan.

    Parameters
    ----------
    paths : one picture a slice, in order
    limits : what is refused as too large

    Returns
    -------
    Grey levels, (slice, row, column), in the order of the paths.

    Raises
    ------
    UnreadableFileError
        If there are no or too many pictures, or one is damaged, too large, or no picture.
    IntensityError
        If one is in colour or has more than 256 levels.
    GeometryError
        If they differ in size.
    """
    if not 0 < len(paths) <= limits.slices:
        raise UnreadableFileError(f"{len(paths)} pictures, where 1 to {limits.slices} can be a scan")
    first = _read(paths[0], limits)
    stack = np.empty((len(paths), *first.shape), np.uint8)
    stack[0] = first
    for place, path in enumerate(paths[1:], start=1):
        picture = _read(path, limits)
        if picture.shape != first.shape:
            rows, columns = picture.shape
            raise GeometryError(
                f"{path.name} has {rows} x {columns} pixels, where {paths[0].name} has {first.shape[0]} x "
                f"{first.shape[1]}; the slices of one scan have one size"
            )
        stack[place] = picture
    return stack


def _read(path: Path, limits: Limits) -> npt.NDArray[np.uint8]:
    with reading(path.name), Image.open(path, formats=_FORMATS) as image:
        columns, rows = image.size
        if max(rows, columns) > limits.matrix:
            raise UnreadableFileError(
                f"{path.name} claims {rows} x {columns} pixels, past the limit of {limits.matrix} a side"
            )
        if getattr(image, "n_frames", 1) != 1:
            raise UnreadableFileError(f"{path.name} holds several pictures, where one slice is expected")
        if image.mode in ("L", "1"):
            return np.array(image.convert("L"), dtype=np.uint8)
        if image.mode not in ("P", "LA", "PA", "RGB", "RGBA"):
            raise IntensityError(f"{path.name} is of mode {image.mode}, where 256 grey levels are expected")
        colours = np.asarray(image.convert("RGB"), dtype=np.uint8)
    spread = int((colours.max(axis=2).astype(np.int16) - colours.min(axis=2)).max())
    if spread > _COLOURED:
        raise IntensityError(f"{path.name} is in colour (its channels differ by {spread}); give the grey slices")
    return colours[:, :, 1].copy()
