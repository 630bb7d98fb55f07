"""The how-to as it is written: two terminals on one machine, from nothing to a finished round and a released model.

The hospitals and the server are processes of their own over mutual TLS on the loopback interface. All that came of the
two terminals is ended by its id.
"""

import json
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from pleura.federation.engine.ports import free_ports
from pleura.models.files import load_model

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "run-a-federation.md"
MARK = "PLEURA_HOW_TO"


class Terminal:
    """A shell that stays; what is typed is done when `type` returns."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._shell = subprocess.Popen(
            ["bash"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=environment,
        )
        self.said = ""
        self.type("set -e")

    def type(self, block: str) -> None:
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{block}\necho; echo all-of-it-done\n")
        self._shell.stdin.flush()
        for line in self._shell.stdout:
            if line == "all-of-it-done\n":
                return
            self.said += line
        raise AssertionError(f"the terminal ended in\n{block}\nafter it said\n{self.said[-5000:]}")

    def close(self) -> None:
        """Let go of a shell that has been ended."""
        for pipe in (self._shell.stdin, self._shell.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
        self._shell.wait()


def family(mark: str) -> list[int]:
    """All processes, wherever they stand, that came of the terminals."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                found.append(process.pid)
    return found


@contextmanager
def terminals(folder: Path) -> Iterator[tuple[Terminal, Terminal, str]]:
    mark = uuid.uuid4().hex
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **threads, "PATH": path, MARK: mark}
    made = [Terminal(folder, environment) for _ in range(2)]
    try:
        yield made[0], made[1], mark
    finally:
        for _ in range(100):
            for pid in family(mark):
                with suppress(ProcessLookupError):
                    os.kill(pid, 9)
            if not family(mark):
                break
            time.sleep(0.1)
        for terminal in made:
            terminal.close()


def test_the_page_works_as_written(tmp_path: Path) -> None:
    steps = re.findall(r"^## \d\. .*?(?:\(terminal (\d)\))?\n.*?```bash\n(.*?)```", PAGE.read_text(), re.DOTALL | re.M)
    assert [which for which, _ in steps] == ["1", "1", "2", "1", "2", "1", "2", ""]
    port, coordinator_port = free_ports(2)
    ports = f"--host localhost --port {port} --coordinator-port {coordinator_port}"
    with terminals(tmp_path) as (first, second, mark):
        for which, block in steps[:-1]:
            (first if which == "1" else second).type(block.replace("--host localhost", ports))
        first.type("pleura federation status office --json > office.json")
        second.type("pleura federation status birs --json > birs.json")
        for terminal in (first, second):
            terminal.type(steps[-1][1])
        end = time.monotonic() + 60
        while len(family(mark)) > 2 and time.monotonic() < end:
            time.sleep(0.5)
        assert len(family(mark)) == 2, "the two shells"

    office, birs = (json.loads((tmp_path / name).read_text()) for name in ("office.json", "birs.json"))
    (row,) = office["rounds"]
    assert row["names"] == ["aare", "birs", "cher"]
    assert "refused" not in row
    assert row["upload_bytes"] == sum(
        json.loads(line[65:])["bytes"]
        for name in row["names"]
        for line in (tmp_path / name / "state" / "rounds" / "ledger").read_text().splitlines()
        if '"kind": "uploaded"' in line
    )
    assert birs["rounds_behind_model"] == 1
    assert [metrics["round"] for metrics in birs["metrics"]] == [0]
    card = load_model(tmp_path / "released" / "first").card
    assert card.training["state_sha256"] == birs["model"]
    assert (card.training["hospitals"], card.training["rounds"], card.synthetic) == (3, 1, True)
    assert "round 1 committed: 3 hospitals" in first.said
    assert "answered for 3 hospitals" in second.said
