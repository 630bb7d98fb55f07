"""A kit in, its running process out; with it every process that it started is ended, by its id, and no other.

Each job runs in a process of its own, in a session of its own, so neither a process group nor a parent's id finds all
of them: what belongs together bears the same mark in its environment.
"""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal

from pleura.federation.engine.ports import refuse_served_ports, server_ports

__all__ = ["Running", "start_kit"]

_MARK: Final = "PLEURA_STATION"


class Running:
    """A process that was started here, and all that come of it.

    Parameters
    ----------
    command : to run
    folder : to run it in
    log : file to which what it says is added
    environment : added to this process's own
    """

    def __init__(
        self, command: list[str], *, folder: Path, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._mark = uuid.uuid4().hex
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._process = subprocess.Popen(  # noqa: S603 (the command is ours)
                command,
                env={**os.environ, **(environment or {}), _MARK: self._mark},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(handle)

    @property
    def pid(self) -> int:
        """Id of the first process."""
        return self._process.pid

    def alive(self) -> bool:
        """Say whether the first process runs."""
        return self._process.poll() is None

    def family(self) -> list[int]:
        """Ids of all processes that run now and came of this one, orphans among them."""
        self._process.poll()
        found = []
        psutil: Any = import_module("psutil")
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(_MARK) == self._mark:
                    found.append(process.pid)
        if self.alive() and self.pid not in found:  # it has not begun to run our command yet
            found.append(self.pid)
        return found

    def kill(self) -> None:
        """End all of them at once, as a crash does."""
        self._end(signal.SIGKILL, wait_s=10.0)

    def stop(self, wait_s: float = 5.0) -> None:
        """Ask all of them to end; end those that have not after `wait_s` seconds."""
        self._end(signal.SIGTERM, wait_s)
        self.kill()

    def _end(self, how: signal.Signals, wait_s: float) -> None:
        end = time.monotonic() + wait_s
        while family := self.family():
            for pid in family:
                with suppress(ProcessLookupError):
                    os.kill(pid, how)
            time.sleep(0.1)
            if time.monotonic() >= end:
                return


def start_kit(
    kit: Path, kind: Literal["server", "hospital"], log: Path, environment: Mapping[str, str] | None = None
) -> Running:
    """Start the engine on a hardened kit.

    Parameters
    ----------
    kit : of `harden`
    kind : of its machine
    log : file to which what it says is added; it never leaves the machine
    environment : added to this process's own

    Raises
    ------
    RecipeError
        If somebody serves at a server's ports already, or the kit is none.
    """
    if kind == "server":
        refuse_served_ports("127.0.0.1", server_ports(kit))
    module, config = {
        "server": ("server.server_train", "fed_server.json"),
        "hospital": ("client.client_train", "fed_client.json"),
    }[kind]
    command = [sys.executable, "-u", "-m", f"nvflare.private.fed.app.{module}", "-m", str(kit), "-s", config]
    command += ["--set", "secure_train=true", "config_folder=config"]
    name = kit.name
    command += ["org=coordinator"] if kind == "server" else [f"uid={name}", f"org={name.replace('-', '_')}"]
    return Running(
        command, folder=kit, log=log, environment={"MALLOC_ARENA_MAX": "2", "HOME": str(kit), **(environment or {})}
    )
