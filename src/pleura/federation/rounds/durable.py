"""Bytes in, a file out that is whole and on the disk, or not there: everything that a round must not forget is written
here.

A file gets its name when its bytes are on the disk, and the name is on the disk before the call returns: what follows
may rely on it, whatever stops the program or the machine. Files are their owner's alone, 0600 in folders of 0700.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from pleura.errors import OutputError

__all__ = ["append", "forget", "make_folder", "place", "read", "write_whole"]

T = TypeVar("T")

_PREFIX: Final = ".unfinished-"
"""Of names of files that are being written; one that a crash left is written over or swept away."""


def make_folder(folder: Path) -> Path:
    """Make a folder of mode 0700 if it is absent, sweep out what a crash left unfinished in it, and give it back.

    Raises
    ------
    OutputError
        If it cannot be made, or others can reach it.
    """
    with _refused(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            raise OutputError(
                f"{folder} can be reached by others; it holds what is private: chmod 0700 it, and ask who has read it"
            )
        for path in folder.glob(f"{_PREFIX}*"):
            path.unlink(missing_ok=True)
    return folder


def write_whole(path: Path, pieces: bytes | Iterable[bytes]) -> int:
    """Write a file, whole or not at all; one that is there is replaced.

    Parameters
    ----------
    path : in a folder of `make_folder`
    pieces : what it holds, written one after the other as they come

    Returns
    -------
    how many bytes it has

    Raises
    ------
    OutputError
        If it cannot be written.
    """

    def fill(made: Path) -> int:
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            return sum(_write_all(handle, piece) for piece in ([pieces] if isinstance(pieces, bytes) else pieces))
        finally:
            os.close(handle)

    return place(path, fill)


def place(path: Path, fill: Callable[[Path], T]) -> T:
    """Let a function write a file, and give it its name when it is whole and on the disk.

    Parameters
    ----------
    path : in a folder of `make_folder`; a file that is there is replaced
    fill : writes the file at the path that it is given

    Returns
    -------
    what `fill` returns

    Raises
    ------
    OutputError
        If it cannot be written; and whatever `fill` raises.
    """
    made = path.with_name(_PREFIX + path.name)
    with _refused(path):
        result = fill(made)
        handle = os.open(made, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchmod(handle, 0o600)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(made, path)  # noqa: PTH105 (beside the calls that it stands among)
        _settle(path.parent)
    return result


def append(path: Path, data: bytes, *, at: int) -> int:
    """Put bytes at the end of a file, on the disk.

    Parameters
    ----------
    path : the file, made if it is absent
    data : what is added
    at : the length up to which the file is good; what lies beyond is the rest of an append that a crash cut off, and
        goes

    Returns
    -------
    the file's new length

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with _refused(path):
        new = not path.exists()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(handle, at)
            os.lseek(handle, at, os.SEEK_SET)
            _write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            _settle(path.parent)
    return at + len(data)


def read(path: Path) -> bytes | None:
    """Read a file; None if there is none, `OutputError` if it cannot be read."""
    with _refused(path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def forget(path: Path) -> None:
    """Take a file or a folder with all that is in it away, if it is there; `OutputError` if that cannot be done."""
    with _refused(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _write_all(handle: int, data: bytes) -> int:
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]
    return len(data)


def _settle(folder: Path) -> None:
    """Bring a folder's names to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot keep or read {path}: {reason}; check the folder and its free space, then start again: "
            "nothing that was finished is lost"
        ) from error
