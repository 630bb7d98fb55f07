"""A folder in, the regular files below it out, in a fixed order and within the limits."""

import os
from dataclasses import dataclass
from pathlib import Path

from pleura.errors import UnreadableFileError
from pleura.imaging.limits import Limits

__all__ = ["Entry", "list_folder"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a study."""

    path: Path
    """Where its bytes are."""
    name: str
    """What messages call it: its path within the folder or the archive."""


def list_folder(folder: Path, limits: Limits) -> list[Entry]:
    """List the regular files at any depth, sorted by name; links to folders are not followed.

    Raises
    ------
    UnreadableFileError
        If a folder cannot be listed, or holds more files than allowed.
    """
    entries: list[Entry] = []

    def refuse(error: OSError) -> None:
        raise UnreadableFileError(f"cannot list {error.filename}: {error.strerror}; check its permissions") from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if path.is_file():
                entries.append(Entry(path, str(path.relative_to(folder))))
            if len(entries) > limits.files:
                raise UnreadableFileError(
                    f"{folder} holds more than {limits.files} files; name the study's own folder, or raise the limit"
                )
    return entries
