"""SIGTERM in, KeyboardInterrupt out: a service that is told to stop leaves the same behind as Ctrl-C."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer

from pleura.cli.progress import watch
from pleura.training.watcher import Watcher

__all__ = ["stop_on_termination", "stoppable_training"]


@contextmanager
def stop_on_termination() -> Iterator[None]:
    """Let SIGTERM stop the work within as Ctrl-C does."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def stoppable_training(out: Path) -> Iterator[Watcher]:
    """Give a watcher; where the training within is stopped, say how to go on, and end with exit code 1.

    Parameters
    ----------
    out : the run's folder
    """
    with watch() as watcher, stop_on_termination():
        try:
            yield watcher
        except KeyboardInterrupt:
            watcher.say(f"stopped; what was done up to the last whole epoch is in {out}: go on with --resume")
            raise typer.Exit(1) from None
