"""Whatever a parser raises on hostile bytes goes in, one of our errors comes out."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pleura.errors import PleuraError, UnreadableFileError

__all__ = ["reading"]


class _Silence:
    """Warnings are off while any thread is inside, and as they were before once the last has left.

    `warnings.catch_warnings` alone keeps what it found for each block; blocks of two threads that overlap would put
    back each other's state in the wrong order.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._restore = ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._restore.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._restore.close()


_silence = _Silence()


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn any exception of a parser or decoder into UnreadableFileError, and keep its warnings to itself.

    This is the one place that catches every exception. The libraries within promise nothing about bytes that are not
    what they claim: pydicom alone answers them with struct.error, KeyError, AttributeError, NotImplementedError,
    RecursionError, OverflowError, MemoryError and others, and the list grows with each release. Keep the block small:
    a mistake of our own inside it would be reported as a damaged file.

    Parameters
    ----------
    name : what is being read, as the message should call it

    Raises
    ------
    UnreadableFileError
        In place of what the block raised; an error of Pleura's own passes unchanged.
    """
    try:
        with _silence:
            yield
    except PleuraError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:160]
        raise UnreadableFileError(
            f"{name} is damaged, truncated or not what it claims to be ({reason}); export it again"
        ) from error
