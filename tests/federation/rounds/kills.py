"""Kills: the program stops in the middle of a write, before a file gets its name, or after; and what is left is loaded
again."""

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from pleura.federation.rounds.exchange import Closing, Reply
from pleura.federation.rounds.in_process import InProcessChannel, LostConnection


class Killed(LostConnection):
    """The process is gone."""


class KillingOs:
    """Stands in the place of `os` in `durable`: kills who writes below `root`, at the calls of the numbers `at`.

    A write that is hit leaves half of its bytes. Nothing waits for the disk.
    """

    def __init__(self, root: Path, *at: int) -> None:
        self.root, self.at, self.calls = root, at, 0
        self._paths: dict[int, Path] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Path, *rest: int) -> int:
        handle = os.open(path, *rest)
        self._paths[handle] = Path(path)
        return handle

    def write(self, handle: int, data: memoryview) -> int:
        if self._hit(self._paths[handle]):
            os.write(handle, data[: len(data) // 2])
            raise Killed
        return os.write(handle, data)

    def replace(self, source: Path, target: Path) -> None:
        if self._hit(target):
            raise Killed
        source.replace(target)

    def fsync(self, handle: int) -> None:
        if self._hit(self._paths[handle]):
            raise Killed

    def _hit(self, path: Path) -> bool:
        if not path.is_relative_to(self.root):
            return False
        self.calls += 1
        return self.calls in self.at


class WatchedChannel(InProcessChannel):
    """Calls `before` ahead of each task, and `after` with its replies, both on the server's side."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[str], None] = lambda task: None
        self.after: Callable[[str, dict[str, Reply | str]], None] = lambda task, replies: None

    def ask(
        self,
        task: str,
        message: bytes,
        to: Collection[str],
        *,
        files: Mapping[str, Path] | None = None,
        own: Mapping[str, Mapping[str, Path]] | None = None,
        closing: Closing,
        inbox: Path,
    ) -> dict[str, Reply | str]:
        self.before(task)
        replies = super().ask(task, message, to, files=files, own=own, closing=closing, inbox=inbox)
        self.after(task, replies)
        return replies
