"""Rounds one after another against a server that is down, loses jobs, or hangs; a class here plays the server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pleura.errors import QuorumError, RecipeError
from pleura.federation.engine.rolling import Pace, Session, run_rounds

PACE = Pace(least=2, settle_s=0.05, round_s=0.1, again_s=0.0, look_s=0.001)


class Server:
    """Plays session and progress; `fates` says what becomes of each job: one word a round, with + between them."""

    def __init__(self, fates: list[str], hospitals: str = "abc") -> None:
        self.fates = fates
        self.there = frozenset(hospitals)
        self.committed: list[frozenset[str]] = []
        self.jobs: list[Path] = []
        self.aborted: list[str] = []
        self.sessions = 0
        self.words: list[int] = []
        self.reasons: list[str] = []

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
        self.last = int(job.name.removeprefix("round-"))
        if not self.fates:
            raise SystemExit("more jobs than were thought of")
        self.fate = self.fates.pop(0).split("+")
        return str(len(self.jobs))

    def status(self, job: str) -> str:
        if not self.fate or self.last <= len(self.committed):
            return "FINISHED:COMPLETED"
        if self.fate[0] == "hang":
            return "RUNNING"
        now = self.fate.pop(0)
        if now == "crash":
            raise ConnectionError("server is gone")
        if now == "commit":
            self.committed.append(self.there)
            return "RUNNING"
        self.fate.clear()
        if now != "panic":
            self.reasons.append(now)
        return "FINISHED:EXECUTION_EXCEPTION"

    def go_on(self, job: str, last: int) -> bool:
        self.words.append(last)
        self.last = last
        return True

    def abort(self, job: str) -> None:
        self.aborted.append(job)

    def failures(self) -> list[str]:
        return list(self.reasons)

    def last_round(self) -> int:
        return len(self.committed)

    def last_hospitals(self) -> frozenset[str]:
        return self.committed[-1] if self.committed else frozenset()


def test_every_round_is_committed_once_over_all_that_goes_wrong(tmp_path: Path) -> None:
    server = Server(["down", "commit+crash", "down", "panic", "hang", "commit+commit"])
    said: list[str] = []
    assert run_rounds(server.session, server, tmp_path, 3, PACE, say=said.append) == 3
    assert [job.name for job in server.jobs] == [f"round-{n}" for n in (1, 2, 2, 2)]
    assert server.aborted == ["3"]
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
    assert len([jobs for jobs in looks if jobs == 0]) > 2
    assert len(server.jobs) == 1


def test_no_round_begins_with_too_few(tmp_path: Path) -> None:
    server = Server(["commit"], hospitals="a")
    asked = iter([False] * 5 + [True] * 5)
    assert run_rounds(server.session, server, tmp_path, 1, PACE, stopped=lambda: next(asked)) == 0
    assert server.jobs == []


def test_a_job_goes_on_while_the_same_hospitals_are_there(tmp_path: Path) -> None:
    server = Server(["+".join(["commit"] * 5)])
    seen: list[int] = []
    assert run_rounds(server.session, server, tmp_path, 5, PACE, committed=seen.append) == 5
    assert [job.name for job in server.jobs] == ["round-1"]
    assert server.words == [2, 3, 4, 5]
    assert seen == [1, 2, 3, 4, 5]


def test_no_further_round_in_a_job_once_another_hospital_has_come(tmp_path: Path) -> None:
    server = Server(["commit+commit", "commit+commit+commit+commit"], hospitals="ab")

    def committed(number: int) -> None:
        if number == 1:
            server.there = frozenset("abc")

    assert run_rounds(server.session, server, tmp_path, 5, PACE, committed=committed) == 5
    assert [job.name for job in server.jobs] == ["round-1", "round-2"]
    assert server.words == [3, 4, 5]
    assert server.committed[-1] == frozenset("abc")


def test_a_job_is_let_go_on_no_further_than_wanted(tmp_path: Path) -> None:
    server = Server(["commit+commit"] * 3)
    one_by_one = Pace(least=2, settle_s=0.05, again_s=0.0, look_s=0.001, rounds_a_job=2)
    assert run_rounds(server.session, server, tmp_path, 5, one_by_one) == 5
    assert [job.name for job in server.jobs] == ["round-1", "round-3", "round-5"]
    assert server.words == [2, 4]


def test_who_stops_waits_only_for_what_was_let_go_on(tmp_path: Path) -> None:
    server = Server(["+".join(["commit"] * 9)])
    assert run_rounds(server.session, server, tmp_path, 9, PACE, stopped=lambda: len(server.committed) >= 2) == 2
    assert server.words == [2]


def test_a_fault_that_does_not_pass_ends_the_rounds_at_the_third_time(tmp_path: Path) -> None:
    full = "round 1, attempt {}: cannot keep rounds/{}/sum: No space left on device"
    server = Server(["commit", full.format(0, "0a1"), "panic", *(full.format(n, f"{n}f") for n in (1, 2, 3)), "commit"])
    said: list[str] = []
    with pytest.raises(QuorumError, match=r"round 2 failed 3 times in a row .* No space left on device"):
        run_rounds(server.session, server, tmp_path, 3, PACE, say=said.append)
    assert len(server.jobs) == 6
    assert len(said) == 4
    assert server.last_round() == 1


def test_faults_between_which_a_round_was_committed_do_not_add_up(tmp_path: Path) -> None:
    server = Server(["too few", "too few", "commit+too few", "too few", "commit"])
    assert run_rounds(server.session, server, tmp_path, 2, PACE) == 2


def test_a_server_that_is_down_is_waited_for(tmp_path: Path) -> None:
    server = Server(["down"] * 9 + ["commit"])
    assert run_rounds(server.session, server, tmp_path, 1, PACE) == 1


@pytest.mark.parametrize("wrong", [{"least": 0}, {"rounds_a_job": 0}, {"settle_s": -1}, {"round_s": 0}, {"look_s": 0}])
def test_a_pace_that_makes_no_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(RecipeError):
        Pace(**{"least": 2, **wrong})
