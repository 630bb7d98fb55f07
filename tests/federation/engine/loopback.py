"""A federation on the loopback interface: its kits, and its processes, each ended by its id whatever happens."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pleura.federation.engine.hardening import harden
from pleura.federation.engine.kits import COORDINATOR, Place, approve, make_authority, make_kit, make_request
from pleura.federation.engine.ports import free_ports
from pleura.federation.engine.processes import Running, start_kit
from pleura.federation.engine.station import Station, owner_only
from pleura.whole_file import write_text

TESTS = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    "PYTHONPATH": str(TESTS),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", ""),
}
if not ENVIRONMENT["NUMBA_CACHE_DIR"]:
    del ENVIRONMENT["NUMBA_CACHE_DIR"]


class Loopback:
    """Kits and processes of one federation.

    Parameters
    ----------
    folder : empty; everything is under it
    """

    def __init__(self, folder: Path) -> None:
        self.folder = owner_only(folder / "federation")
        port, coordinator_port = free_ports(2)
        self.place = Place("breath", "localhost", port, coordinator_port)
        self.fingerprint = make_authority(self.folder / "authority", self.place)
        self.running: dict[str, Running] = {}
        self.kits: dict[str, Path] = {}

    def enrol(self, name: str, kind: Literal["hospital", "server", "coordinator"], entry: str = "") -> Path:
        """Make a participant's kit, closed if it is a machine's."""
        home = self.folder / name
        request = make_request(home, self.place.federation, name, kind)
        answer = approve(self.folder / "authority", request, self.folder)
        kit = make_kit(home, answer, self.fingerprint)
        if kind != "coordinator":
            harden(kit, kind, Station(entry=entry, state=self.state(name)), home / "engine")
        self.kits[name] = kit
        return kit

    def state(self, name: str) -> Path:
        """State folder of a machine; its last part is the machine's name."""
        return self.folder / "states" / name

    def start_server(self) -> None:
        self._start("localhost", "server")

    def start_hospital(self, name: str) -> None:
        self._start(name, "hospital")

    def start_coordinator(self, progress: str, **pace: float) -> None:
        """Run rounds from a process of its own, since the engine's threads and logs outlive a session."""
        self._settings = {
            "kit": str(self.kits[COORDINATOR]),
            "name": COORDINATOR,
            "state": str(self.state("localhost")),
            "jobs": str(self.folder / "jobs"),
            "progress": progress,
            "pace": {"again_s": 1.0, **pace},
        }
        self.allow(0)
        command = [sys.executable, "-m", "federation.engine.coordinating", str(self.folder / "coordinator.json")]
        self.running["coordinator"] = Running(
            command, folder=self.folder, log=self.folder / "logs" / "coordinator.log", environment=ENVIRONMENT
        )

    def allow(self, rounds: int) -> None:
        """Let the coordinator run so many rounds in all."""
        write_text(self.folder / "coordinator.json", json.dumps({**self._settings, "rounds": rounds}))

    def kill(self, name: str) -> None:
        self.running.pop(name).kill()

    def stop(self) -> None:
        for running in self.running.values():
            running.kill()

    def log(self, name: str) -> str:
        return (self.folder / "logs" / f"{name}.log").read_text(errors="replace")

    def wait(self, ready: Callable[[], bool], what: str, wait_s: float = 240.0) -> None:
        """Wait for something, and fail with the end of every log if it does not come."""
        end = time.monotonic() + wait_s
        while not ready():
            if time.monotonic() >= end:
                logs = "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in self._logs())
                raise AssertionError(f"after {wait_s} s still no {what}\n{logs}")
            time.sleep(0.1)

    def _logs(self) -> list[Path]:
        return sorted((self.folder / "logs").glob("*.log"))

    def _start(self, name: str, kind: Literal["server", "hospital"]) -> None:
        log = self.folder / "logs" / f"{name}.log"
        self.running[name] = start_kit(self.kits[name], kind, log, ENVIRONMENT)


@contextmanager
def loopback(folder: Path) -> Iterator[Loopback]:
    """A federation whose processes are all ended, and whose files are all gone, when the block is over."""
    made = Loopback(folder)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(made.folder, ignore_errors=True)
