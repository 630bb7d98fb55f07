"""Whatever a parser raises on hostile bytes goes in, one of our errors comes out."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pleura.errors import PleuraError, UnreadableFileError

__all__ = ["reading"]


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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PleuraError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:160]
        raise UnreadableFileError(
            f"{name} is damaged, truncated or not what it claims to be ({reason}); export it again"
        ) from error
