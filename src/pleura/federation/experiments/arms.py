"""An experiment's arm and how to run it in; its answers on the test cases, run once and kept on disk, out.

An arm that is whole has two files: `NAME.csv`, its answers, and then `NAME.json`, which says of what run it is and what
it cost. An experiment that was stopped goes on with the first arm that lacks the second file.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Generic, TypeVar

from pleura.errors import OutputError, RecipeError
from pleura.training.watcher import Silent, Watcher
from pleura.whole_file import write_text

__all__ = ["Arm", "Arms", "Facts"]

Answers = TypeVar("Answers")
Facts = dict[str, float | int | str]
"""What else an arm came to, by name: seconds, bytes, hashes."""


@dataclass(frozen=True, eq=False)
class Arm(Generic[Answers]):
    """What one arm of an experiment came to."""

    name: str
    predictions: Answers
    """Answers on the test cases of all hospitals."""
    facts: Facts
    """Among them "seconds", for the whole arm."""


class Arms(Generic[Answers]):
    """The arms of one run of an experiment, under one folder.

    Parameters
    ----------
    folder : made if it is not there
    run : hash of all that decides the answers of every arm
    watcher : told which arms were there already
    read, write : of answers from and to a CSV file

    Raises
    ------
    OutputError
        If the folder cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        run: str,
        watcher: Watcher | None,
        *,
        read: Callable[[Path], Answers],
        write: Callable[[Answers, Path], object],
    ) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make {folder}: {error.strerror or error}; check the folder") from error
        self._folder, self._run, self._watcher = folder, run, watcher or Silent()
        self._read_answers, self._write_answers = read, write

    def get(self, name: str, work: Callable[[], tuple[Answers, Facts]]) -> Arm[Answers]:
        """Give an arm: as it was kept, or by doing its work and keeping it.

        Parameters
        ----------
        name : of the arm; letters, digits, blanks, "-", "_" and "."
        work : gives the answers and the facts; seconds are added to these

        Raises
        ------
        RecipeError
            If what is there is of another run, or damaged.
        OutputError
            If it cannot be written.
        """
        kept = self.kept(name)
        if kept is not None:
            self._watcher.say(f"{name}: there already")
            return kept
        self._watcher.say(f"{name} ...")
        began = perf_counter()
        predictions, found = work()
        facts = {**found, "seconds": round(perf_counter() - began, 2)}
        path = self._path(name)
        self._write_answers(predictions, path.with_suffix(".csv"))
        write_text(path, json.dumps({"run": self._run, "arm": name, "facts": facts}, indent=1) + "\n")
        return self._read(name)  # as written, so that a run that goes on has the same

    def kept(self, name: str) -> Arm[Answers] | None:
        """Give an arm that is whole; None where it is not. Errors as for `get`."""
        return self._read(name) if self._path(name).is_file() else None

    def _path(self, name: str) -> Path:
        return self._folder / f"{name.replace(' ', '-')}.json"

    def _read(self, name: str) -> Arm[Answers]:
        path = self._path(name)
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            run, facts = held["run"], dict(held["facts"])
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise RecipeError(f"{path} is damaged: {error}; delete it to run this arm anew") from error
        if run != self._run:
            raise RecipeError(
                f"{path} is of another run: recipe, settings, cohort, seed or first weights have changed; "
                "choose another folder"
            )
        return Arm(name, self._read_answers(path.with_suffix(".csv")), facts)
