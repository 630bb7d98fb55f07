"""What one machine of a federation knows of itself: where its state lies, and which code of its own it runs.

A job that comes over the network names no code and no path. It wakes the one entry that stands in `local/pleura.toml`
of the machine's own kit, in the folder that stands there.
"""

import fcntl
import os
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from pleura.errors import RecipeError
from pleura.whole_file import write_text

__all__ = ["Station", "load_entry", "load_station", "owner_only", "save_station", "sole_user"]

_FILE: Final = "pleura.toml"


@dataclass(frozen=True)
class Station:
    """A server's or a hospital's own settings for the engine.

    Raises
    ------
    RecipeError
        If they contradict themselves.
    """

    entry: str
    """Code that is installed here, `package.module:function`. At the server the function takes a `Channel`, the
    state folder and a round's number from 1; it runs and commits that round, or nothing if another one is next, and
    gives whether it did. At a hospital it takes the state folder and gives the `HospitalHandler`."""
    state: Path
    """Folder of the state; it and all that is written in it is for the owner only."""
    largest_bytes: int = 4 * 2**30
    """A file that is offered with more is not pulled."""
    chunk_bytes: int = 4 * 2**20
    """Bytes of one request when this machine's files are pulled."""
    window: int = 4
    """Hospitals from which the server pulls at a time."""

    def __post_init__(self) -> None:
        module, colon, name = self.entry.partition(":")
        if not (colon and all(part.isidentifier() for part in [*module.split("."), name])):
            raise RecipeError(f"an entry is written package.module:function, got {self.entry!r}")
        if not self.state.is_absolute():
            raise RecipeError(f"the state folder is a whole path, got {self.state}")
        if min(self.largest_bytes, self.chunk_bytes, self.window) < 1:
            raise RecipeError(
                "largest_bytes, chunk_bytes and window are 1 or more, got "
                f"{self.largest_bytes}, {self.chunk_bytes} and {self.window}"
            )


def save_station(local: Path, station: Station) -> None:
    """Write a machine's settings into the folder `local` of its kit; an error as for `write_text`."""
    state = str(station.state).replace("\\", "\\\\").replace('"', '\\"')
    write_text(
        local / _FILE,
        f'entry = "{station.entry}"\nstate = "{state}"\nlargest_bytes = {station.largest_bytes}\n'
        f"chunk_bytes = {station.chunk_bytes}\nwindow = {station.window}\n",
    )


def load_station(local: Path) -> Station:
    """Read a machine's settings from the folder `local` of its kit.

    Raises
    ------
    RecipeError
        If the file is missing or cannot be used.
    """
    path = local / _FILE
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
        return Station(**{**fields, "state": Path(fields["state"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecipeError(f"cannot use {path}: {error!r}; make the kit anew, or write entry and state there") from error


def load_entry(entry: str) -> Callable[..., Any]:
    """Import the function that a station names.

    Raises
    ------
    RecipeError
        If there is none of that name.
    """
    module, _, name = entry.partition(":")
    try:
        found: Callable[..., Any] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise RecipeError(f"cannot load the entry {entry}: {error}; install it on this machine") from error
    return found


def owner_only(folder: Path) -> Path:
    """Make a folder that only its owner may enter, and give it back.

    Raises
    ------
    RecipeError
        If it is there and others may enter it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077:
        raise RecipeError(f"others may enter {folder} (mode {mode:o}); run: chmod 700 {folder}")
    return folder


@contextmanager
def sole_user(state: Path, wait_s: float) -> Iterator[None]:
    """Hold a state folder, so that no second process works in it; a killed process lets go of it.

    Parameters
    ----------
    state : the folder
    wait_s : seconds to wait for another process that is about to end

    Raises
    ------
    RecipeError
        If another process holds it for longer.
    """
    end = time.monotonic() + wait_s
    held = os.open(state / "in-use", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise RecipeError(
                        f"another process works in {state}; end it, or wait until its round is over"
                    ) from None
                time.sleep(0.1)
        yield
    finally:
        os.close(held)
