"""Processes that are started are ended with all that came of them; nobody else's are touched."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pleura.federation.engine.processes import Running

# a process that starts another in a session of its own, as the engine does, and one that will not end when asked
FAMILY = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
time.sleep(60)
"""


def start(folder: Path) -> Running:
    running = Running([sys.executable, "-c", FAMILY], folder=folder, log=folder / "logs" / "family.log")
    end = time.monotonic() + 20
    while len(running.family()) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    return running


@pytest.mark.parametrize("how", ["kill", "stop", "orphan"])
def test_the_whole_family_ends_and_no_other(tmp_path: Path, how: str) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        running = start(tmp_path)
        try:
            family = running.family()
            assert len(family) == 2
            if how == "stop":
                running.stop(wait_s=0.3)
            if how == "orphan":
                psutil.Process(running.pid).kill()
            if how != "stop":
                running.kill()
            assert running.family() == []
            assert not running.alive()
            assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in family)
            assert other.poll() is None
        finally:
            running.kill()
            other.kill()


def test_what_a_process_says_is_for_its_owner_only(tmp_path: Path) -> None:
    running = Running([sys.executable, "-c", "print('said')"], folder=tmp_path, log=tmp_path / "logs" / "a.log")
    running._process.wait(20)
    assert (tmp_path / "logs" / "a.log").read_text() == "said\n"
    assert (tmp_path / "logs" / "a.log").stat().st_mode & 0o077 == 0
