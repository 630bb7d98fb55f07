"""A file and a second place for it in, a hard link or a copy there out; never a symbolic link."""

import os
import shutil
from pathlib import Path

__all__ = ["link_or_copy"]


def link_or_copy(source: Path, target: Path, *, copy: bool) -> None:
    """Give a file a second place; a link costs no room, and a change of one is a change of both.

    Parameters
    ----------
    source : a file, or a symbolic link to one
    target : replaced if it is there; its folder is made if it is not
    copy : copy in any case; otherwise only where a link cannot be, such as on another disk

    Raises
    ------
    OSError
        If the file can be neither linked nor copied.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    real = source.resolve()
    if not copy:
        try:
            os.link(real, target)
        except OSError:  # another disk, or a file system without links
            copy = True
    if copy:
        shutil.copyfile(real, target)
