"""An output folder and what to make in, a folder beside it that a second run can go on with out."""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pleura.data.cohort import UNFINISHED_MARK
from pleura.errors import OutputError
from pleura.whole_file import write_text

__all__ = ["Unfinished", "open_unfinished"]

_NOTES = "notes"


class Unfinished:
    """A cohort that is being made: what is done of it is known by one note a case; made by `open_unfinished`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def notes(self) -> dict[str, dict[str, Any]]:
        """Give the notes of the cases that are whole, by case."""
        paths = sorted((self.folder / _NOTES).glob("*.json"))
        return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}

    def keep(self, case: str, note: Mapping[str, Any]) -> None:
        """Say that all files of a case are written, with what its row in a table will need."""
        write_text(self.folder / _NOTES / f"{case}.json", json.dumps(note))

    def clear(self, kept: set[str]) -> None:
        """Remove what a run that was killed left half written: every file that is not in `kept`, by relative path."""
        for part in ("studies", "masks"):
            for path in sorted((self.folder / part).iterdir()):
                if f"{part}/{path.name}" not in kept:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def discard(self) -> None:
        """Remove the folder with all that is in it, where nothing in it is worth going on with."""
        shutil.rmtree(self.folder)

    def finish(self, out: Path) -> None:
        """Give the whole cohort its name."""
        shutil.rmtree(self.folder / _NOTES)
        (self.folder / UNFINISHED_MARK).unlink()
        self.folder.replace(out)


@contextmanager
def open_unfinished(out: Path, arguments: Mapping[str, Any], *, maker: str) -> Iterator[Unfinished]:
    """Make or find the folder in which a cohort is made, for this process alone.

    It lies beside `out`, with `.unfinished` after its name, and stays when the run is interrupted.

    Parameters
    ----------
    out : where the cohort will be when it is whole; must not exist, or be an empty folder
    arguments : everything that the bytes depend on, as JSON can hold it
    maker : what makes the cohort, with its version; another one does not go on with what this one began

    Raises
    ------
    OutputError
        If `out` holds something, another run is making the same cohort, or what is there was begun with other
        arguments or by another maker.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} already holds something; name a new folder, or empty this one")
    folder = out.with_name(f"{out.name}.unfinished")
    wanted = {**arguments, "generator": maker}
    mark = folder / UNFINISHED_MARK
    try:
        if folder.exists() and not mark.is_file() and any(folder.iterdir()):
            raise OutputError(
                f"{folder} is in the way, and is no cohort that was begun; move it, or name another --out"
            )
        for part in ("studies", "masks", _NOTES):
            (folder / part).mkdir(parents=True, exist_ok=True)
        if mark.is_file():
            _compare(json.loads(mark.read_text(encoding="utf-8")), wanted, folder)
        else:
            mark.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
        with _alone(mark):
            yield Unfinished(folder)
    except OSError as error:
        raise OutputError(
            f"cannot write {out}: {error.strerror or error}; check the folder and its free space"
        ) from error


def _compare(begun: Mapping[str, Any], wanted: Mapping[str, Any], folder: Path) -> None:
    changed = [f"{key} was {begun.get(key)}, now {value}" for key, value in wanted.items() if begun.get(key) != value]
    if changed:
        raise OutputError(
            f"{folder} was begun with other arguments: {'; '.join(changed)}. Give the same ones to go on with it, "
            "remove it to begin anew, or name another --out"
        )


@contextmanager
def _alone(mark: Path) -> Iterator[None]:
    """Hold a lock that ends with this process, however it ends."""
    if sys.platform == "win32":  # no such locks there: two runs at once are the user's to avoid
        yield
        return
    import fcntl

    with mark.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(f"another run is making {mark.parent}; wait for it, or name another --out") from error
        yield
