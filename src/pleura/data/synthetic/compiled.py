"""A numerical function in, the same function compiled by Numba out, with a disk cache that follows every file here.

The functions that draw call into one another across the folders beside this file: an edit of any file there compiles
everything again, once.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

from pleura.compiled import family_stamp, keep_compiled

__all__ = ["kernel"]

Function = TypeVar("Function", bound=Callable[..., Any])


@lru_cache(maxsize=1)
def _stamp() -> str:
    return family_stamp(Path(__file__).parent.glob("*/*.py"))


def kernel(function: Function) -> Function:
    """Compile on first use, and keep the machine code on disk for the next process.

    The types that the function is compiled for are those of its calls; the annotations are for the reader.
    """
    compiled = njit(function)
    keep_compiled(compiled, function, _stamp())
    return cast("Function", compiled)
