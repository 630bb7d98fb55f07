"""One compressed frame of a file in, its stored values out."""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom.uid as uid
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.decoders.base import get_decoder

from pleura.errors import UnreadableFileError
from pleura.imaging.boundary import reading
from pleura.imaging.dicom.codestream import claimed_size
from pleura.imaging.dicom.pixel_layout import PixelLayout

__all__ = ["decode_frame"]

_PLUGINS = {uid.RLELossless: "pydicom"}
"""RLE by pydicom's own decoder: the compiled one panics on damaged segments, which Python code cannot catch."""


@functools.lru_cache(maxsize=1)
def _frames(layout: PixelLayout) -> tuple[bytes, ...]:
    """Compressed frames of a file; the last file's are kept, for the frames of one file are asked for in turn."""
    with layout.path.open("rb") as file:
        file.seek(layout.offset)
        frames = []
        for frame in generate_frames(file, number_of_frames=layout.frames):
            frames.append(frame)
            if len(frames) > layout.frames:
                break
    return tuple(frames)


def decode_frame(layout: PixelLayout, index: int, name: str) -> npt.NDArray[np.integer]:
    """Decode one frame of an encapsulated file.

    Parameters
    ----------
    layout : of a file in a transfer syntax of `ENCAPSULATED`
    index : frame, from 0
    name : what messages should call the file

    Returns
    -------
    array
        Stored values, (rows, columns), (u)int8 or (u)int16 in native byte order.

    Raises
    ------
    UnreadableFileError
        If the frame is damaged, or claims another size than the header of its file.
    """
    with reading(name):
        frames = _frames(layout)
    if len(frames) != layout.frames:
        raise UnreadableFileError(f"{name} holds {len(frames)} compressed frames where its header says {layout.frames}")
    frame = frames[index]
    if layout.transfer_syntax != uid.RLELossless:
        claimed = claimed_size(frame)
        wanted = (layout.rows, layout.columns, 1)
        if claimed is None or claimed[:3] != wanted or claimed[3] > layout.bits_allocated:
            raise UnreadableFileError(
                f"the compressed pixel data of {name} claim rows, columns, components and bits of {claimed}, where its "
                f"header says {wanted} of {layout.bits_allocated} bits; export it again"
            )
    options: Any = {
        "rows": layout.rows,
        "columns": layout.columns,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "bits_allocated": layout.bits_allocated,
        "bits_stored": layout.bits_stored,
        "pixel_representation": int(layout.signed),
        "photometric_interpretation": "MONOCHROME2",
        "pixel_keyword": "PixelData",
    }
    with reading(name):
        decoded, _ = get_decoder(uid.UID(layout.transfer_syntax)).as_array(
            encapsulate([frame]),
            index=0,
            raw=True,
            decoding_plugin=_PLUGINS.get(uid.UID(layout.transfer_syntax), "pylibjpeg"),
            **options,
        )
    if decoded.shape != (layout.rows, layout.columns) or decoded.dtype.kind not in "iu":
        raise UnreadableFileError(f"the pixel data of {name} decode to {decoded.shape} of {decoded.dtype}")
    return decoded.astype(np.dtype(layout.dtype).newbyteorder("="))
