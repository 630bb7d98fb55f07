"""A numerical function in, the same function compiled by Numba out, with a disk cache that follows every file here.

Numba's own cache looks at the file of the function alone: after an edit of one file, functions in others that call into
it go on running the old code, and keep old constants. Here the stamp of the cache is a hash over all files that draw
(the folders beside this file), so that an edit of any of them compiles everything again, once.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile

__all__ = ["family_stamp", "kernel"]

Function = TypeVar("Function", bound=Callable[..., Any])


@lru_cache(maxsize=1)
def family_stamp() -> str:
    """Hash over all Python files in the folders beside this one, 64 hexadecimal digits."""
    digest = sha256()
    for path in sorted(Path(__file__).parent.glob("*/*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


class _FamilyCache(FunctionCache):
    """Numba's disk cache of one function, valid only for the files of the whole family."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._cache_file = IndexDataCacheFile(  # type: ignore[no-untyped-call]
            cache_path=self._cache_path, filename_base=self._impl.filename_base, source_stamp=family_stamp()
        )


def kernel(function: Function) -> Function:
    """Compile on first use, and keep the machine code on disk for the next process.

    The types that the function is compiled for are those of its calls; the annotations are for the reader. Where
    neither this folder nor the user's cache can be written, every process compiles for itself.
    """
    compiled = njit(function)
    with suppress(RuntimeError):  # what Numba raises when it finds no place for its cache
        compiled._cache = _FamilyCache(function)
    return cast("Function", compiled)
