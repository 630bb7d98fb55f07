"""An array and facts about it in, a small file that proves itself whole out, and back; compressed by slice."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import blosc2
import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError, OutputError
from pleura.whole_file import whole_file

__all__ = ["read_packed", "write_packed"]

_MAGIC = b"PLEURA1\n"
_HASH_BYTES = 32
_ADVICE = "make room, or name another --cache"


def write_packed(path: Path, slices: npt.NDArray[np.integer], facts: Mapping[str, object]) -> None:
    """Write an array, a slice of its first axis at a time; the file appears whole or not at all.

    Parameters
    ----------
    path : its folder is made if it is not there
    slices : any shape with an axis of slices first
    facts : kept beside it, in `schunk.vlmeta`

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    packed = blosc2.asarray(
        np.ascontiguousarray(slices),
        chunks=(1, *slices.shape[1:]),
        blocks=(1, *slices.shape[1:]),
        cparams={"codec": blosc2.Codec.ZSTD, "clevel": 3, "filters": [blosc2.Filter.SHUFFLE], "nthreads": 1},
    )
    for name, value in facts.items():
        packed.schunk.vlmeta[name] = value
    body = packed.to_cframe()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {path.parent}: {error.strerror}; {_ADVICE}") from error
    with whole_file(path, advice=_ADVICE) as made:
        made.write_bytes(_MAGIC + hashlib.sha256(body).digest() + body)


def read_packed(path: Path) -> blosc2.NDArray:
    """Read an array back, compressed; its hash is checked before anything of it is decoded.

    Raises
    ------
    CohortError
        If the file is missing or damaged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CohortError(f"cannot read the cached slices {path}: {error}; train again to make them anew") from error
    head, body = content[: len(_MAGIC) + _HASH_BYTES], content[len(_MAGIC) + _HASH_BYTES :]
    if head != _MAGIC + hashlib.sha256(body).digest():
        raise CohortError(f"the cached slices {path} are damaged; train again to make them anew")
    return blosc2.ndarray_from_cframe(body)
