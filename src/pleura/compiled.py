"""A compiled Numba function and the files it depends on in, its machine code kept on disk until one of them changes.

Numba's own cache looks at the file of the function alone: after an edit of one file, functions in others that call into
it go on running the old code, and keep old constants. Here the stamp of the cache is a hash over all files of a family,
so that an edit of any of them compiles everything again, once.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile

__all__ = ["family_stamp", "keep_compiled"]


def family_stamp(files: Iterable[Path]) -> str:
    """Hash over the names and contents of files, 64 hexadecimal digits; their order does not matter."""
    digest = sha256()
    for path in sorted(files):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


class _FamilyCache(FunctionCache):
    """Numba's disk cache of one function, valid for one stamp."""

    def __init__(self, function: Callable[..., Any], stamp: str) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._cache_file = IndexDataCacheFile(  # type: ignore[no-untyped-call]
            cache_path=self._cache_path, filename_base=self._impl.filename_base, source_stamp=stamp
        )


def keep_compiled(compiled: Any, function: Callable[..., Any], stamp: str) -> None:
    """Let Numba's dispatcher of a function keep its machine code for the next process.

    Where neither the function's folder nor the user's cache can be written, every process compiles for itself.
    """
    with suppress(RuntimeError):  # what Numba raises when it finds no place for its cache
        compiled._cache = _FamilyCache(function, stamp)
