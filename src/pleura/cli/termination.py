"""SIGTERM in, KeyboardInterrupt out: a service that is told to stop leaves the same behind as Ctrl-C."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["stop_on_termination"]


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
