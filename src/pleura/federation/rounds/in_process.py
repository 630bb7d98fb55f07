"""Hospitals in this process in, a channel to them out: for simulation and tests, with faults where one asks for them.

Files are copied and checked as a network's would be, so that what a hospital sends is not what it later holds.
"""

import shutil
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Literal

from pleura.errors import OutputError, PleuraError, WireError
from pleura.federation.rounds.durable import make_folder
from pleura.federation.rounds.exchange import Closing, HospitalHandler, Reply, check_file_name

__all__ = ["Fault", "InProcessChannel", "LostConnection", "Moment"]

Moment = Literal["before", "after"]
"""Before a hospital begins with a task, or after it is done and before its reply is sent."""
Fault = Callable[[str, str, Moment], None]
"""Called with a hospital's name, a task and a moment; it raises `LostConnection` to cut the hospital off."""


class LostConnection(BaseException):
    """The hospital is gone, and its object with it; `InProcessChannel.connect` brings it back."""


class InProcessChannel:
    """A channel to handlers in this process; each task runs in a thread of its own.

    Parameters
    ----------
    workers : tasks at once
    fault : called at every moment of every task
    clock : seconds, for `Closing` only
    """

    def __init__(
        self,
        *,
        workers: int = 1,
        fault: Fault | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._handlers: dict[str, tuple[HospitalHandler, threading.Lock]] = {}
        self._workers, self._clock = workers, clock
        self._lock = threading.Lock()
        self.fault = fault
        """May be changed between tasks."""

    def connect(self, name: str, handler: HospitalHandler) -> None:
        """Let a hospital come, or come back."""
        with self._lock:
            self._handlers[name] = (handler, threading.Lock())

    def disconnect(self, name: str) -> None:
        """Let a hospital go."""
        with self._lock:
            self._handlers.pop(name, None)

    def present(self) -> frozenset[str]:
        """Give the hospitals that are connected."""
        with self._lock:
            return frozenset(self._handlers)

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
        """Give one task to several hospitals; see `Channel.ask`."""
        began, quorum_at = self._clock(), None
        asked = [name for name in to if name in self.present()]
        replies: dict[str, Reply | str] = {}
        pool = ThreadPoolExecutor(self._workers)
        try:
            given = {name: {**(files or {}), **(own or {}).get(name, {})} for name in asked}
            open_ = {pool.submit(self._ask_one, name, task, message, given[name], inbox): name for name in asked}
            lost = 0
            while open_:
                done, _ = wait(open_, timeout=0.02, return_when=FIRST_COMPLETED)
                for future in done:
                    lost += self._take(open_.pop(future), future, replies)
                answered = sum(isinstance(reply, Reply) for reply in replies.values())
                now = self._clock()
                if quorum_at is None and answered >= closing.quorum:
                    quorum_at = now
                if closing.done(
                    asked=len(asked) - lost - (len(replies) - answered),
                    answered=answered,
                    elapsed=now - began,
                    since_quorum=None if quorum_at is None else now - quorum_at,
                    since_byte=None,
                ):
                    break
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return dict(replies)

    def _take(self, name: str, future: "Future[Reply | str]", replies: dict[str, Reply | str]) -> bool:
        """Take one hospital's reply; whether the hospital was lost."""
        try:
            replies[name] = future.result()
        except LostConnection:
            self.disconnect(name)
            return True
        return False

    def _ask_one(self, name: str, task: str, message: bytes, files: Mapping[str, Path], inbox: Path) -> Reply | str:
        with self._lock:
            found = self._handlers.get(name)
        if found is None:
            raise LostConnection(name)
        handler, busy = found
        with busy:  # a hospital does one task at a time
            self._may_fail(name, task, "before")
            try:
                reply = handler.handle(task, message, files)
            except PleuraError as error:
                return str(error)
            self._may_fail(name, task, "after")
        missing = [one for one, path in reply.files.items() if not path.is_file()]
        if missing:
            return f"its file {missing[0]!r} is gone before it was sent"
        return Reply(reply.message, _copied(reply.files, inbox, name))

    def _may_fail(self, name: str, task: str, moment: Moment) -> None:
        if self.fault is not None:
            self.fault(name, task, moment)


def _copied(files: Mapping[str, Path], inbox: Path, name: str) -> dict[str, Path]:
    """Copy a reply's files to the inbox."""
    if not files:
        return {}
    if Path(name).name != name or name.startswith("."):
        raise WireError(f"a hospital called {name!r} cannot send files; let the coordinator give it a plainer name")
    folder = make_folder(inbox / name)
    try:
        return {one: Path(shutil.copyfile(path, folder / check_file_name(one))) for one, path in files.items()}
    except OSError as error:
        raise OutputError(f"cannot copy {name}'s files to {folder}: {error.strerror or error}") from error
