"""Bytes in, a file out that only its owner can read, and back again only if that still holds.

The folder is opened once and everything in it is reached through that handle, so that nobody can put another folder
or a link in its place between the look and the reading. Modes mean this on Linux and macOS; elsewhere the folder is
refused.
"""

import errno
import os
import secrets
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pleura.errors import KeyFileError

__all__ = ["KeyFolder"]

_LARGEST: Final = 1 << 20
"""Bytes of the largest file read from a key folder; a member list of 128 hospitals has less than 64 KiB."""


class KeyFolder:
    """A folder of mode 0700 with files of mode 0600.

    Parameters
    ----------
    folder : where
    make : make it if it is absent

    Raises
    ------
    KeyFileError
        By the constructor and every method: if the folder or a file is missing, a symbolic link, another user's, or
        open to anybody but its owner, or cannot be read or written.
    """

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        self.path = Path(folder)
        if os.name != "posix":
            raise KeyFileError(f"files can be kept owner-only on Linux and macOS, not on {os.name!r}; use one of these")
        if make:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.mkdir(mode=0o700, exist_ok=True)
            except OSError as error:
                raise KeyFileError(f"cannot make the key folder {self.path}: {error.strerror}") from error
        with self._opened():
            pass

    def read(self, name: str) -> bytes:
        """All bytes of the file `name`, at most 1 MiB."""
        path = self.path / name
        with self._opened() as folder:
            try:
                handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
                try:
                    _check(handle, path, folder=False)
                    with os.fdopen(handle, "rb", closefd=False) as file:
                        data = file.read(_LARGEST + 1)
                finally:
                    os.close(handle)
            except FileNotFoundError as error:
                raise KeyFileError(f"there is no {path}; bring it back from a backup, or make new keys") from error
            except OSError as error:
                raise KeyFileError(f"cannot read {path}: {_reason(error)}") from error
        if len(data) > _LARGEST:
            raise KeyFileError(f"{path} is larger than {_LARGEST} bytes, which no key file is; it is damaged")
        return data

    def write(self, name: str, data: bytes, *, replace: bool = False) -> None:
        """Write the file `name`, whole or not at all; one that is there is replaced only if `replace`."""
        path = self.path / name
        made = f".{secrets.token_hex(8)}.{name}"
        with self._opened() as folder:
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                handle = os.open(made, flags, 0o600, dir_fd=folder)
                try:
                    with os.fdopen(handle, "wb") as file:
                        file.write(data)
                        file.flush()
                        os.fsync(handle)
                    if replace:
                        os.replace(made, name, src_dir_fd=folder, dst_dir_fd=folder)
                    else:
                        os.link(made, name, src_dir_fd=folder, dst_dir_fd=folder)
                finally:
                    _unlink(made, folder)
                os.fsync(folder)
            except FileExistsError as error:
                raise KeyFileError(
                    f"{path} is there already and is not written over; choose another folder, or move this one away"
                ) from error
            except OSError as error:
                raise KeyFileError(f"cannot write {path}: {_reason(error)}") from error

    def remove(self, name: str) -> None:
        """Take the file `name` away if it is there; the disk may still hold its bytes until it reuses them."""
        with self._opened() as folder:
            try:
                _unlink(name, folder)
            except OSError as error:
                raise KeyFileError(f"cannot remove {self.path / name}: {_reason(error)}") from error

    def names(self) -> list[str]:
        """Names of the files, sorted, without those that begin with a dot."""
        with self._opened() as folder:
            return sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """Hold a handle of the folder, looked at."""
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise KeyFileError(
                f"there is no key folder {self.path}; make the keys first, or name another one"
            ) from error
        except OSError as error:
            raise KeyFileError(f"cannot open the key folder {self.path}: {_reason(error)}") from error
        try:
            _check(handle, self.path, folder=True)
            yield handle
        finally:
            os.close(handle)


def _unlink(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


def _reason(error: OSError) -> str:
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return "it is a symbolic link or not what it should be; a link is not followed, name the place itself"
    return error.strerror or str(error)


def _check(handle: int, path: Path, *, folder: bool) -> None:
    """Refuse what is not this user's own, or is open to anybody else; `handle` is the opened thing itself."""
    found = os.fstat(handle)
    if not folder and not stat.S_ISREG(found.st_mode):
        raise KeyFileError(f"{path} is no regular file; bring the key file back from a backup")
    if found.st_uid != os.geteuid():
        raise KeyFileError(
            f"{path} belongs to user {found.st_uid}, and this program runs as user {os.geteuid()}; "
            f"keys belong to the user who runs it: chown {os.geteuid()} {shlex.quote(str(path))}"
        )
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        wanted = "0700" if folder else "0600"
        raise KeyFileError(
            f"{path} has mode {mode:04o}, so that others can reach it; make it the owner's alone: "
            f"chmod {wanted} {shlex.quote(str(path))}; if others may have read it, make new keys"
        )
