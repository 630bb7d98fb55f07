"""A numerical function in, the same function compiled by Numba out, with a disk cache that follows every file here.

These kernels call into one another across files: an edit of any file of the folder compiles everything again, once.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.compiler import Compiler
from numpy.typing import NDArray

from pleura.compiled import family_stamp, keep_compiled

__all__ = ["inlined", "kernel", "read_only", "uncached"]

Function = TypeVar("Function", bound=Callable[..., Any])


@lru_cache(maxsize=1)
def _stamp() -> str:
    return family_stamp(Path(__file__).parent.glob("*.py"))


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
    keep_compiled(compiled, function, _stamp())
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
