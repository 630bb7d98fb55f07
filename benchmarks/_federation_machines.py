"""A federation on loopback for its benchmark: kits, made once; states, made anew for each case; processes.

As it is deployed: a process of the engine a machine and one a job, mutual TLS between them, one thread a process. All
processes are started here and ended by their ids; all files lie in one temporary folder.
"""

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pleura.federation.deployment.machine import find_kit
from pleura.federation.deployment.plan import Waiting, write_plan
from pleura.federation.engine.hardening import harden
from pleura.federation.engine.kits import COORDINATOR, Place, approve, make_authority, make_kit, make_request
from pleura.federation.engine.ports import free_ports
from pleura.federation.engine.processes import Running, start_kit
from pleura.federation.engine.station import Station, owner_only, save_station
from pleura.federation.learning.agreement import Agreement
from pleura.federation.rounds.plan import RoundPlan
from pleura.federation.rounds.server_key import Endorsement, ServerKey
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.keys.membership import Membership
from pleura.models.toml_write import to_toml

__all__ = ["Machines", "Peaks", "machines"]

HERE = Path(__file__).resolve().parent
ENVIRONMENT = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
ENVIRONMENT["PYTHONPATH"] = str(HERE)
SERVER = "localhost"
SAMPLE_S, FAMILY_S = 0.1, 1.0


@dataclass
class Peaks:
    """Highest memory of each machine, all its processes together, in bytes."""

    pss: dict[str, int] = field(default_factory=dict)
    """Proportional set size: a page that several processes share counts once among them."""
    rss: dict[str, int] = field(default_factory=dict)
    """Resident set size: it counts in each."""


class Machines:
    """Kits and processes of one federation.

    Parameters
    ----------
    folder : everything is under it; kits that an earlier run left in it are used again
    hospitals : names
    """

    def __init__(self, folder: Path, hospitals: Sequence[str]) -> None:
        self.folder = owner_only(folder / "federation")
        self.running: dict[str, Running] = {}
        names = (SERVER, COORDINATOR, *hospitals)
        if not all((self.folder / name / "kits").is_dir() for name in names):
            self._make_kits(names)
        self.kits = {name: find_kit(self.folder / name) for name in names}

    def _make_kits(self, names: Sequence[str]) -> None:
        """Let everybody have a key, a certificate and a kit; some thirty processes of the engine, one after another."""
        authority = self.folder / "authority"
        fingerprint = make_authority(authority, Place("bench", SERVER, *free_ports(2)))
        for name in names:
            kind = {SERVER: "server", COORDINATOR: "coordinator"}.get(name, "hospital")
            home = self.folder / name
            request = make_request(home, "bench", name, kind)  # type: ignore[arg-type]
            kit = make_kit(home, approve(authority, request, self.folder), fingerprint)
            if name != COORDINATOR:
                station = Station(entry="_federation_server:timed_play", state=self.state(name))
                harden(kit, kind, station, home / "engine")  # type: ignore[arg-type]

    def state(self, name: str) -> Path:
        """State folder of a machine."""
        return self.folder / "states" / name

    def found(self, agreement: Agreement, hospitals: Sequence[str], *, networks: bool) -> None:
        """Make all states anew: keys, one member list, the plan of the agreement's rounds.

        Parameters
        ----------
        agreement : of the hospitals
        hospitals : names
        networks : whether hospitals hold the agreement's network, as deployed ones do; otherwise as many plain numbers
        """
        shutil.rmtree(self.folder / "states", ignore_errors=True)
        shutil.rmtree(self.folder / "desk", ignore_errors=True)
        owner_only(self.folder / "states")
        server = owner_only(self.state(SERVER))
        coordinator, key = CoordinatorKey.create(self.folder / "desk"), ServerKey.create(server / "keys")
        (server / "endorsement").write_bytes(Endorsement.make(coordinator, "bench", 1, key.public).to_bytes())
        (server / "coordinator").write_bytes(coordinator.public)
        protection = agreement.settings.protection
        plan = RoundPlan(
            recipe=agreement.recipe.name,
            recipe_hash=agreement.digest,
            layout=agreement.layout,
            values_per_coefficient=protection.values_per_coefficient,
            most_hospitals=protection.most_hospitals,
            quorum=len(hospitals),
            **asdict(Waiting(small_s=300.0)),  # a machine with two cores starts all hospitals' jobs at once
        )
        write_plan(server, plan)
        publics = []
        for name in hospitals:
            state = owner_only(self.state(name))
            publics.append(HospitalKeys.create(state / "keys", name).public)
            entry = f"_federation_{'hospital' if networks else 'stand_in'}:take_part"
            save_station(self.kits[name] / "local", Station(entry=entry, state=state))
            write_plan(state, plan)
            (state / "policy.toml").write_text(f'recipes = ["sha256:{agreement.digest}"]\n')
            (state / "recipe.toml").write_text(to_toml(asdict(agreement.recipe)))
            (state / "settings.toml").write_text(to_toml(asdict(agreement.settings)))
        members = MemberList.make(coordinator, "bench", publics).to_bytes()
        (server / "lists").mkdir()
        (server / "lists" / "0000000000").write_bytes(members)
        for name in hospitals:
            Membership.join(self.state(name) / "keys", coordinator.public, [members])

    def run(self, hospitals: Sequence[str], rounds: int, rounds_a_job: int, wait_s: float = 540.0) -> Peaks:
        """Start server, hospitals and coordinator, run rounds to their end, and end all processes.

        Returns
        -------
        the memory that each machine took at the most
        """
        over, peaks = threading.Event(), Peaks()
        watcher = threading.Thread(target=self._watch, args=(over, peaks), daemon=True)
        try:
            self.running[SERVER] = start_kit(self.kits[SERVER], "server", self._log(SERVER), ENVIRONMENT)
            for name in hospitals:
                self.running[name] = start_kit(self.kits[name], "hospital", self._log(name), ENVIRONMENT)
            settings = {
                "kit": str(self.kits[COORDINATOR]),
                "state": str(self.state(SERVER)),
                "jobs": str(self.folder / "jobs"),
                "rounds": rounds,
                "rounds_a_job": rounds_a_job,
                "least": len(hospitals),
            }
            command = [sys.executable, str(HERE / "_federation_coordinator.py"), json.dumps(settings)]
            coordinator = Running(command, folder=self.folder, log=self._log("coordinator"), environment=ENVIRONMENT)
            self.running["coordinator"] = coordinator
            watcher.start()
            end = time.monotonic() + wait_s
            while coordinator.alive():
                if time.monotonic() > end:
                    raise RuntimeError(f"{rounds} rounds took more than {wait_s:g} s; {self._said()}")
                time.sleep(0.2)
        finally:
            over.set()
            if watcher.is_alive():
                watcher.join()
            self.stop()
        return peaks

    def stop(self) -> None:
        """End every process, by its id."""
        for running in self.running.values():
            running.kill()
        self.running.clear()

    def clocks(self, name: str) -> list[dict[str, Any]]:
        """Read what a machine noted, oldest first."""
        lines = (self.state(name) / "clocks").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def _watch(self, over: threading.Event, peaks: Peaks) -> None:
        """Sample the memory of all machines until the rounds are over."""
        families: dict[str, list[int]] = {}
        looked = 0.0
        while not over.wait(SAMPLE_S):
            if time.monotonic() - looked > FAMILY_S:
                families = {name: running.family() for name, running in dict(self.running).items()}
                looked = time.monotonic()
            for name, family in families.items():
                pss, rss = (sum(sizes) for sizes in zip((0, 0), *map(_memory, family), strict=True))
                peaks.pss[name] = max(pss, peaks.pss.get(name, 0))
                peaks.rss[name] = max(rss, peaks.rss.get(name, 0))

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _said(self) -> str:
        paths = sorted((self.folder / "logs").glob("*.log"))
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in paths)


def _memory(pid: int) -> tuple[int, int]:
    """Proportional and resident set size of a process, in bytes; nothing if it has ended."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        fields = {line.split(":")[0]: line.split(":")[1].split() for line in lines[1:]}
        return int(fields["Pss"][0]) * 1024, int(fields["Rss"][0]) * 1024
    return 0, 0


@contextmanager
def machines(folder: Path, hospitals: Sequence[str]) -> Iterator[Machines]:
    """Make a federation none of whose processes is left when the block is over."""
    os.environ.pop("PLEURA_STATION", None)
    made = Machines(folder, hospitals)
    try:
        yield made
    finally:
        made.stop()
