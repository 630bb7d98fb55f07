"""Named files in, a folder out that holds all of them or was never touched."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pleura.errors import OutputError

__all__ = ["check_free", "result_folder"]


def check_free(out: Path) -> None:
    """Refuse a place that cannot take a new folder; call it before long work.

    Raises
    ------
    OutputError
        If `out` is a file, a folder that holds something, or lies where nothing can be written.
    """
    if out.is_dir():
        held = sum(1 for _ in out.iterdir())
        if held:
            raise OutputError(f"{out} already holds {held} files or folders; name a new folder, or empty this one")
    elif out.exists() or out.is_symlink():
        raise OutputError(f"{out} is not a folder; name a new folder")
    parent = _first_existing(out.absolute().parent)
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write to {parent}; name a folder in a place that you may write to")


def _first_existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


@contextmanager
def result_folder(out: Path) -> Iterator[Path]:
    """Give a temporary folder to fill; it becomes `out` when the block ends, and vanishes if the block fails.

    Parameters
    ----------
    out : a folder that does not exist or is empty

    Raises
    ------
    OutputError
        If `out` cannot take the result, see `check_free`, or writing failed.
    """
    check_free(out)
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.absolute().parent))
    except OSError as error:
        raise OutputError(f"cannot make a folder beside {out}: {error.strerror or error}") from error
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if out.is_dir():
            out.rmdir()
        temporary.rename(out)
    except OSError as error:
        raise OutputError(
            f"cannot write {out}: {error.strerror or error}; check the folder and its free space"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
