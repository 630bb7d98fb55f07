"""Slices in order in, one array of HU out; plain pixel data are read straight into it, compressed ones decoded."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.errors import UnreadableFileError
from pleura.imaging.boundary import reading
from pleura.imaging.dicom.decode_pool import DecoderPool, Job
from pleura.imaging.dicom.grouping import Slice
from pleura.imaging.dicom.pixel_layout import PixelLayout
from pleura.imaging.hounsfield import AIR, to_hounsfield

__all__ = ["read_stack"]


def _layout(slice_: Slice) -> PixelLayout:
    if slice_.file.pixels is None:
        raise UnreadableFileError(f"{slice_.file.name} cannot be used: {slice_.file.problem or 'no pixel data'}")
    return slice_.file.pixels


def _fill(stored: npt.NDArray[np.integer], path: Path, offset: int, name: str) -> None:
    """Read a file's bytes from an offset into an array, all of it."""
    view = stored.reshape(-1).view(np.uint8).data
    done = 0
    with reading(name), path.open("rb", buffering=0) as file:
        file.seek(offset)
        while done < len(view) and (got := file.readinto(view[done:])):
            done += got
    if done < len(view):
        raise UnreadableFileError(f"{name} is truncated: {done} of {len(view)} bytes of pixel data; export it again")


def read_stack(slices: Sequence[Slice], pool: DecoderPool, *, lowest: int = AIR) -> tuple[npt.NDArray[np.int16], bool]:
    """Read slices of one matrix into HU.

    Each file is read once, each slice straight into its place where the file allows, so that memory stays at the
    array's own size.

    Parameters
    ----------
    slices : whose rescale is known
    pool : decodes compressed slices
    lowest : HU below it are raised to it

    Returns
    -------
    hu : int16, axes (slice, row, column), in the order given
    padded : whether any voxel was padding, and became air

    Raises
    ------
    UnreadableFileError
        If pixel data are absent, truncated or damaged.
    """
    layouts = [_layout(slice_) for slice_ in slices]
    hu = np.empty((len(slices), layouts[0].rows, layouts[0].columns), np.int16)
    padded = np.zeros(len(slices), bool)

    def place(k: int, stored: npt.NDArray[np.integer]) -> None:
        plane, layout = slices[k].plane, layouts[k]
        if plane.slope is None or plane.intercept is None:
            raise ValueError(f"slice {k} has no rescale to HU")
        padded[k] = to_hounsfield(
            stored,
            hu[k],
            slope=plane.slope,
            intercept=plane.intercept,
            bits_stored=layout.bits_stored,
            padding=plane.padding,
            lowest=lowest,
        )

    compressed = []
    for k, (slice_, layout) in enumerate(zip(slices, layouts, strict=True)):
        if layout.encapsulated:
            compressed.append(k)
            continue
        dtype = np.dtype(layout.dtype)
        stored = hu[k].view(dtype) if dtype.itemsize == 2 else np.empty(hu[k].shape, dtype)
        _fill(stored, layout.path, layout.offset + slice_.frame * layout.frame_bytes, slice_.file.name)
        if not dtype.isnative:
            stored = stored.byteswap(inplace=True).view(dtype.newbyteorder("="))
        place(k, stored)
    if compressed:
        jobs = [Job(layouts[k], slices[k].frame, slices[k].file.name) for k in compressed]
        pool.decode(jobs, lambda number, stored: place(compressed[number], stored))
    return hu, bool(padded.any())
