"""Progress of long work: bars on a terminal, plain lines in a log."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pleura.training.watcher import Watcher

__all__ = ["watch"]

SECONDS_BETWEEN_LINES = 60


class _Bars:
    """A bar a task, which goes when the next begins; lines stay above it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def start(self, task: str, total: int) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(task, total=total)

    def advance(self) -> None:
        if self._task is not None:
            self._progress.advance(self._task)

    def say(self, line: str) -> None:
        self._progress.console.print(line, highlight=False, markup=False, soft_wrap=True)


class _Lines:
    """Lines only: what is said, and how far a long task is, once a minute."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._task = ""
        self._done = self._total = 0
        self._spoke = monotonic()

    def start(self, task: str, total: int) -> None:
        self._task, self._done, self._total = task, 0, total

    def advance(self) -> None:
        self._done += 1
        if monotonic() - self._spoke > SECONDS_BETWEEN_LINES:
            self.say(f"{self._task}: {self._done} of {self._total}")

    def say(self, line: str) -> None:
        self._spoke = monotonic()
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def watch(console: Console | None = None) -> Iterator[Watcher]:
    """Give a watcher that writes to standard error; bars only if that is a terminal.

    Parameters
    ----------
    console : where to write instead
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bars(progress)
