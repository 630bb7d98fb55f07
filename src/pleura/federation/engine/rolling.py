"""Rounds one after another, in jobs: hospitals come and go between these, and a crash costs one round.

A job goes on from round to round as long as the same hospitals are connected, since to start one takes longer than all
else in a round but training. The coordinator gives its word for each further round while the one before it runs: once
it is stopped, or crashed, the job ends by itself.

No engine: a session with the server comes in, and what is committed says how far the rounds are.
"""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pleura.errors import PleuraError, QuorumError, RecipeError
from pleura.federation.engine.job import write_job

__all__ = ["Pace", "Progress", "Session", "run_rounds"]

_SAME_FAULT: Final = 3
"""Times in a row after which a fault counts as one that does not pass."""


class Session(Protocol):
    """What the coordinator may ask of a running server; anything may fail while it restarts."""

    def connected(self) -> frozenset[str]:
        """Hospitals that are connected."""
        ...

    def submit(self, job: Path) -> str:
        """Hand a job in; gives its name."""
        ...

    def status(self, job: str) -> str:
        """Give the engine's word for a job; it begins with FINISHED when the job is over, well or not."""
        ...

    def go_on(self, job: str, last: int) -> bool:
        """Let a job play rounds up to this number; whether the word was taken, which it is not before the job runs."""
        ...

    def abort(self, job: str) -> None:
        """End a job."""
        ...


class Progress(Protocol):
    """How far the committed rounds are; read from the server's own disk."""

    def last_round(self) -> int:
        """Give the number of the last committed round, 0 before the first."""
        ...

    def last_hospitals(self) -> frozenset[str]:
        """Hospitals whose updates the last committed round holds."""
        ...

    def failures(self) -> list[str]:
        """Give the reasons why rounds failed at the server up to now, oldest first."""
        ...


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long to wait for what, in seconds.

    Raises
    ------
    RecipeError
        If a number makes no sense.
    """

    least: int
    """Hospitals without which no round begins."""
    settle_s: float = 10.0
    """How long the last round's hospitals are waited for, once there are enough to begin."""
    round_s: float = 3600.0
    """A round that takes longer is ended with its job, and run again."""
    again_s: float = 3.0
    """Between two attempts."""
    look_s: float = 0.3
    """Between two looks."""
    rounds_a_job: int = 1_000_000
    """Rounds at the most before a job ends and the next one begins."""

    def __post_init__(self) -> None:
        counts, delays = (self.least, self.rounds_a_job), (self.settle_s, self.again_s)
        if min(counts) < 1 or min(delays) < 0 or min(self.round_s, self.look_s) <= 0:
            raise RecipeError(f"a pace has one hospital and one round a job or more, and no negative times, got {self}")


def run_rounds(
    open_session: Callable[[], AbstractContextManager[Session]],
    progress: Progress,
    jobs: Path,
    rounds: int,
    pace: Pace,
    *,
    say: Callable[[str], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
    committed: Callable[[int], None] = lambda _: None,
) -> int:
    """Run rounds until as many are committed as are wanted, over crashes of the server.

    Parameters
    ----------
    open_session : gives a session with the server; fails while the server is down
    progress : of the committed rounds, the only thing that is believed
    jobs : folder where the jobs are written
    rounds : number of the last round that is wanted
    pace : how long to wait for what
    say : told, in a line, of each attempt that failed
    stopped : looked at again and again; what the job may play already is waited for
    committed : told the number of each round that was committed meanwhile

    Returns
    -------
    the number of the last committed round

    Raises
    ------
    QuorumError
        If a round failed three times in a row for one and the same reason; what is committed stays, and the next call
        goes on.
    """
    told = progress.last_round()
    faults: list[str] = []

    def tell() -> int:
        nonlocal told
        last = progress.last_round()
        while told < last:
            told += 1
            faults.clear()
            committed(told)
        return last

    while (number := tell() + 1) <= rounds and not stopped():
        try:
            with open_session() as session:
                _one_job(session, progress, jobs, number, rounds, pace, tell, stopped)
        except PleuraError as error:
            failed = tell() + 1
            faults.append(_kind(str(error)))
            if faults[-_SAME_FAULT:] == [faults[-1]] * _SAME_FAULT:
                raise QuorumError(
                    f"round {failed} failed {_SAME_FAULT} times in a row for the same reason, and is not tried "
                    f"again: {error}. What is committed stays; put the reason right, and run the rounds again"
                ) from error
            say(f"round {failed} is tried again: {error}")
        except Exception as error:  # whatever the engine raises while its server is down
            say(f"round {tell() + 1} waits for the server: {type(error).__name__}: {error}"[:300])
        if tell() < number:
            time.sleep(pace.again_s)
    return tell()


def _one_job(
    session: Session,
    progress: Progress,
    jobs: Path,
    number: int,
    rounds: int,
    pace: Pace,
    tell: Callable[[], int],
    stopped: Callable[[], bool],
) -> None:
    """Submit a job from this round on, and let it go on while the same hospitals are there."""
    if not _wait_for_hospitals(session, progress.last_hospitals(), pace, stopped):
        return
    failures = len(progress.failures())
    job = session.submit(write_job(jobs / f"round-{number}", number, pace.least))
    there = session.connected()
    rounds = min(rounds, number + pace.rounds_a_job - 1)
    done, given, end = number - 1, number, time.monotonic() + pace.round_s
    while True:
        over = session.status(job)  # before the look at the rounds, so that none is missed
        if tell() > done:
            done, end = tell(), time.monotonic() + pace.round_s
        if stopped():
            rounds = min(rounds, given)
        if done >= rounds:
            return
        if over.startswith("FINISHED"):
            reasons = progress.failures()[failures:]
            if done < number or reasons or "COMPLETED" not in over:
                raise QuorumError(
                    reasons[-1] if reasons else f"its job ended without a commit ({over}); the server's log says why"
                )
            return
        if time.monotonic() >= end:
            session.abort(job)
            raise QuorumError(f"it took more than {pace.round_s:g} s and was ended")
        if given < rounds and given <= done + 1 and session.connected() <= there and session.go_on(job, given + 1):
            given += 1
        time.sleep(pace.look_s)


def _kind(fault: str) -> str:
    """Give a fault's text without its numbers, which are other ones in each attempt."""
    return re.sub(r"[0-9a-f]*[0-9][0-9a-f]*", "#", fault)


def _wait_for_hospitals(session: Session, wanted: frozenset[str], pace: Pace, stopped: Callable[[], bool]) -> bool:
    """Wait for the last round's hospitals; after the settling time, for enough of any. False if told to stop."""
    settled = None
    while not stopped():
        there = session.connected()
        now = time.monotonic()
        enough = len(there) >= pace.least
        settled = (settled or now) if enough else None
        if enough and (wanted <= there or (settled is not None and now - settled >= pace.settle_s)):
            return True
        time.sleep(pace.look_s)
    return False
