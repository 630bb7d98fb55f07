"""Rounds one after another against a server that is down, loses jobs, or hangs; a class here plays the server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pleura.errors import RecipeError
from pleura.federation.engine.rolling import Pace, Session, run_rounds

PACE = Pace(least=2, settle_s=0.05, round_s=0.1, again_s=0.0, look_s=0.001)


class Server:
    """Plays session and progress; `fates` says what becomes of each job."""

    def __init__(self, fates: list[str], hospitals: str = "abc") -> None:
        self.fates = fates
        self.there = frozenset(hospitals)
        self.committed: list[frozenset[str]] = []
        self.jobs: list[Path] = []
        self.aborted: list[str] = []
        self.sessions = 0

    @contextmanager
    def session(self) -> Iterator[Session]:
        if self.fates and self.fates[0] == "down":
            self.fates.pop(0)
            raise ConnectionError("no connection to server")
        self.sessions += 1
        try:
            yield self
        finally:
            self.sessions -= 1

    def connected(self) -> frozenset[str]:
        return self.there

    def submit(self, job: Path) -> str:
        self.jobs.append(job)
        self.fate = self.fates.pop(0)
        return str(len(self.jobs))

    def status(self, job: str) -> str:
        if self.fate == "crash":
            raise ConnectionError("server is gone")
        if self.fate == "commit":
            self.committed.append(self.there)
        return "RUNNING" if self.fate == "hang" else "FINISHED:COMPLETED"

    def abort(self, job: str) -> None:
        self.aborted.append(job)

    def last_round(self) -> int:
        return len(self.committed)

    def last_hospitals(self) -> frozenset[str]:
        return self.committed[-1] if self.committed else frozenset()


def test_every_round_is_committed_once_over_all_that_goes_wrong(tmp_path: Path) -> None:
    server = Server(["down", "commit", "crash", "down", "panic", "hang", "commit", "commit"])
    said: list[str] = []
    assert run_rounds(server.session, server, tmp_path, 3, PACE, say=said.append) == 3
    assert [job.name for job in server.jobs] == [f"round-{n}" for n in (1, 2, 2, 2, 2, 3)]
    assert server.aborted == ["4"]
    assert server.sessions == 0
    assert len(said) == 5
    assert "no connection" in said[0]
    assert "ended without a commit" in said[3]
    assert "took more than" in said[4]


def test_a_round_that_was_committed_before_a_crash_is_not_run_again(tmp_path: Path) -> None:
    server = Server(["commit"])
    server.committed = [frozenset("abc")] * 4
    assert run_rounds(server.session, server, tmp_path, 4, PACE) == 4
    assert server.jobs == []


def test_the_last_rounds_hospitals_are_waited_for_then_no_longer(tmp_path: Path) -> None:
    server = Server(["commit", "commit"])
    looks: list[int] = []
    both = frozenset("ab")

    def connected() -> frozenset[str]:
        looks.append(len(server.jobs))
        return both

    server.connected = connected  # type: ignore[method-assign]
    server.committed = [frozenset("abc")]
    run_rounds(server.session, server, tmp_path, 2, PACE)
    assert len(looks) > 2
    assert len(server.jobs) == 1


def test_no_round_begins_with_too_few(tmp_path: Path) -> None:
    server = Server(["commit"], hospitals="a")
    asked = iter([False] * 5 + [True] * 5)
    assert run_rounds(server.session, server, tmp_path, 1, PACE, stopped=lambda: next(asked)) == 0
    assert server.jobs == []


@pytest.mark.parametrize("wrong", [{"least": 0}, {"settle_s": -1}, {"round_s": 0}, {"look_s": 0}])
def test_a_pace_that_makes_no_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(RecipeError):
        Pace(**{"least": 2, **wrong})
