"""A numerical function in, the same function compiled by Numba out, with a disk cache that follows every file here.

Numba's own cache looks at the file of the function alone; these kernels call into one another across files. Here the
stamp of the cache is a hash over all files of the folder, so that an edit of any of them compiles everything again.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.compiler import Compiler
from numpy.typing import NDArray

__all__ = ["inlined", "kernel", "read_only", "uncached"]

Function = TypeVar("Function", bound=Callable[..., Any])


@lru_cache(maxsize=1)
def _family_stamp() -> str:
    """Hash over all Python files beside this one, 64 hexadecimal digits."""
    digest = sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


class _FamilyCache(FunctionCache):
    """Numba's disk cache of one function, valid only for the files of the whole family."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._cache_file = IndexDataCacheFile(  # type: ignore[no-untyped-call]
            cache_path=self._cache_path, filename_base=self._impl.filename_base, source_stamp=_family_stamp()
        )


class _ApartCompiler(Compiler):
    """Numba's compiler, told that arrays do not overlap, for which `njit` has no option."""

    def define_pipelines(self) -> list[Any]:
        """Set the flag before anything is compiled."""
        self.state.flags.noalias = True
        return cast("list[Any]", super().define_pipelines())  # type: ignore[no-untyped-call]


def kernel(function: Function) -> Function:
    """Compile on first use, release the interpreter's lock while running, keep the machine code for the next process.

    No two arrays handed to a kernel may overlap: the compiler is told so. Integers wrap as in C and nothing is checked
    at run time: an index must be right, and a division by zero has no meaning.
    """
    compiled = uncached(function)
    with suppress(RuntimeError):  # what Numba raises when it finds no place for its cache
        compiled._cache = _FamilyCache(function)
    return cast("Function", compiled)


def uncached(function: Callable[..., Any]) -> Any:
    """Compile as `kernel` does, but always anew; only of such code does Numba show the instructions."""
    return njit(function, nogil=True, error_model="numpy", pipeline_class=_ApartCompiler)


def inlined(function: Function) -> Function:
    """Compile a part of kernels into each of its callers."""
    return cast("Function", njit(function, error_model="numpy", forceinline=True))


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """View an array without the right to write; a kernel is compiled for either, and once is enough."""
    view = array.view()
    view.flags.writeable = False
    return view
