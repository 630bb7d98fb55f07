"""A ZIP archive in, its files in a folder out; refused where it is too large, too deep, or leaves its folder.

Nothing in the archive's directory is believed: files are counted as they are met and bytes as they come out, and each
file is written under a number of our own, so that no name can lead anywhere.
"""

import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pleura.errors import UnsafeArchiveError
from pleura.imaging.boundary import reading
from pleura.imaging.files import Entry
from pleura.imaging.limits import Limits

__all__ = ["is_zip", "unpack"]

_CHUNK = 2**20
_END_OF_DIRECTORY = b"PK\x05\x06"
_END_OF_DIRECTORY_64 = b"PK\x06\x06"
_LONGEST_NAME = 1024
_LONGEST_ENTRY = 46 + 256
"""Bytes of a file's entry in the directory, on average."""


@dataclass
class _Budget:
    """What is left of the limits, over an archive and all that are nested in it."""

    limits: Limits
    packed: int
    files: int = 0
    bytes: int = 0

    def count_file(self, name: str) -> None:
        self.files += 1
        if self.files > self.limits.files:
            raise UnsafeArchiveError(f"{name} holds more than {self.limits.files} files; send one study at a time")

    def count_bytes(self, more: int, name: str) -> None:
        self.bytes += more
        if self.bytes > self.limits.bytes:
            raise UnsafeArchiveError(
                f"{name} unpacks to more than {self.limits.bytes / 2**20:.0f} MiB; send one study at a time"
            )
        if self.bytes > self.limits.ratio_from and self.bytes > self.limits.ratio * self.packed:
            raise UnsafeArchiveError(
                f"{name} unpacks to more than {self.limits.ratio:g} times its size, as no study does; pack it again"
            )


def is_zip(path: Path) -> bool:
    """Whether a file begins as a ZIP archive does."""
    with reading(path.name), path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", _END_OF_DIRECTORY)


def _check_directory_size(path: Path, name: str, limits: Limits) -> None:
    """Refuse an archive whose directory, which is read whole, is longer than the allowed files need."""
    with reading(name), path.open("rb") as file:
        size = path.stat().st_size
        file.seek(max(0, size - 2**16 - 22))
        tail = file.read()
    at = tail.rfind(_END_OF_DIRECTORY)
    directory = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if directory == 0xFFFFFFFF:  # the 64-bit form; its record of 56 bytes and a locator of 20 come before
        record = tail.rfind(_END_OF_DIRECTORY_64, 0, at)
        directory = int.from_bytes(tail[record + 40 : record + 48], "little") if record >= 0 else size
    if directory > limits.files * _LONGEST_ENTRY:
        raise UnsafeArchiveError(f"{name} holds more than {limits.files} files; send one study at a time")


def _check_entry(info: zipfile.ZipInfo, name: str) -> None:
    """Refuse a path that leaves its folder, a link, and what cannot be unpacked."""
    plain = info.orig_filename.replace("\\", "/")
    path = PurePosixPath(plain)
    if path.is_absolute() or ".." in path.parts or "\0" in plain or plain[1:2] == ":" or len(plain) > _LONGEST_NAME:
        raise UnsafeArchiveError(f"{name} holds a path that leaves its folder ({plain[:80]!r}); pack it again")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UnsafeArchiveError(f"{name} holds a link or device ({plain[:80]!r}); pack it again with plain files only")
    if info.flag_bits & 0x1:
        raise UnsafeArchiveError(f"{name} is encrypted; pack it again without a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsafeArchiveError(f"{name} is packed by method {info.compress_type}; pack it again as an ordinary ZIP")


def _unpack(path: Path, name: str, folder: Path, depth: int, budget: _Budget) -> list[Entry]:
    """Files of an archive and of those in it, down to `depth`."""
    if depth < 1:
        raise UnsafeArchiveError(
            f"{name} is an archive within {budget.limits.depth} others, one more than is allowed; unpack it first"
        )
    _check_directory_size(path, name, budget.limits)
    entries: list[Entry] = []
    with reading(name), zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            budget.count_file(name)
            _check_entry(info, name)
            if info.is_dir():
                continue
            target = folder / f"{budget.files:06d}"
            with archive.open(info) as source, target.open("wb") as out:
                while chunk := source.read(_CHUNK):
                    budget.count_bytes(len(chunk), name)
                    out.write(chunk)
            entries.append(Entry(target, info.filename))
    flat = []
    for entry in entries:
        if is_zip(entry.path):
            flat += _unpack(entry.path, entry.name, folder, depth - 1, budget)
            entry.path.unlink()
        else:
            flat.append(entry)
    return flat


def unpack(path: Path, folder: Path, limits: Limits) -> list[Entry]:
    """Unpack an archive into an empty folder.

    Parameters
    ----------
    path : a ZIP file
    folder : exists and is empty; holds what was unpacked so far if the archive is refused

    Returns
    -------
    list
        Regular files, in the order of the archive, with their names in it.

    Raises
    ------
    UnsafeArchiveError
        If the archive is past the limits, encrypted, or holds a path that leaves its folder, a link or a device.
    UnreadableFileError
        If it is damaged.
    """
    return _unpack(path, path.name, folder, limits.depth, _Budget(limits, packed=max(1, path.stat().st_size)))
