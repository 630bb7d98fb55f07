"""Checked parts of uploads in, the same parts out again when they are added up: kept in memory, or in a folder."""

from pathlib import Path
from typing import Protocol

from pleura.errors import OutputError
from pleura.whole_file import whole_file

__all__ = ["FolderStore", "MemoryStore", "Store"]


class Store(Protocol):
    """Where the server keeps uploads until the round is closed."""

    def put(self, sender: int, part: int, payload: memoryview) -> None:
        """Keep a payload."""
        ...

    def get(self, sender: int, part: int) -> memoryview:
        """Give a kept payload back."""
        ...

    def clear(self) -> None:
        """Forget all payloads."""
        ...


class MemoryStore:
    """Holds every part as it came, in memory: for small vectors, simulations and tests."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], memoryview] = {}

    def put(self, sender: int, part: int, payload: memoryview) -> None:
        """Keep a payload, of bytes that nobody changes."""
        self._held[sender, part] = payload

    def get(self, sender: int, part: int) -> memoryview:
        """Give a kept payload back."""
        return self._held[sender, part]

    def clear(self) -> None:
        """Forget all payloads."""
        self._held.clear()


class FolderStore:
    """Keeps each part as a file, so that a server's memory holds one part whatever the number of hospitals.

    Parameters
    ----------
    folder : the round's own, made if it is absent; readable by its owner only

    Raises
    ------
    OutputError
        If the folder cannot be made, or holds something already.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = next(folder.iterdir(), None)
        except OSError as error:
            raise OutputError(
                f"cannot use {folder} for uploads: {error.strerror or error}; name another folder"
            ) from error
        if found is not None:
            raise OutputError(f"{folder} holds {found.name} already; give each round's uploads an empty folder")
        self._folder = folder

    def put(self, sender: int, part: int, payload: memoryview) -> None:
        """Write a payload to its file; `OutputError` if that cannot be done."""
        with whole_file(self._path(sender, part)) as made:
            made.write_bytes(payload)

    def get(self, sender: int, part: int) -> memoryview:
        """Read a payload's file; `OutputError` if that cannot be done."""
        path = self._path(sender, part)
        try:
            return memoryview(path.read_bytes())
        except OSError as error:
            raise OutputError(f"cannot read {path}: {error.strerror or error}; run the round again") from error

    def clear(self) -> None:
        """Remove the files."""
        for path in self._folder.glob("*.part"):
            path.unlink(missing_ok=True)

    def _path(self, sender: int, part: int) -> Path:
        return self._folder / f"{sender:03d}-{part:06d}.part"
