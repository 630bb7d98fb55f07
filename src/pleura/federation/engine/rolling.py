"""Rounds one after another, each a job of its own: hospitals come and go between them, and a crash costs one round.

No engine: a session with the server comes in, and what is committed says how far the rounds are.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pleura.errors import PleuraError, RecipeError
from pleura.federation.engine.job import write_job

__all__ = ["Pace", "Progress", "Session", "run_rounds"]


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
    """A round's job that takes longer is ended and the round run again."""
    again_s: float = 3.0
    """Between two attempts."""
    look_s: float = 0.3
    """Between two looks."""

    def __post_init__(self) -> None:
        if self.least < 1 or min(self.settle_s, self.again_s) < 0 or min(self.round_s, self.look_s) <= 0:
            raise RecipeError(f"a pace has one hospital or more and no negative times, got {self}")


def run_rounds(
    open_session: Callable[[], AbstractContextManager[Session]],
    progress: Progress,
    jobs: Path,
    rounds: int,
    pace: Pace,
    *,
    say: Callable[[str], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
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
    stopped : looked at between rounds

    Returns
    -------
    the number of the last committed round
    """
    while (number := progress.last_round() + 1) <= rounds and not stopped():
        try:
            with open_session() as session:
                _one_round(session, progress, jobs, number, pace, stopped)
        except PleuraError as error:
            say(f"round {number} is tried again: {error}")
        except Exception as error:  # whatever the engine raises while its server is down
            say(f"round {number} waits for the server: {type(error).__name__}: {error}"[:300])
        if progress.last_round() < number:
            time.sleep(pace.again_s)
    return progress.last_round()


def _one_round(
    session: Session, progress: Progress, jobs: Path, number: int, pace: Pace, stopped: Callable[[], bool]
) -> None:
    if not _wait_for_hospitals(session, progress.last_hospitals(), pace, stopped):
        return
    job = session.submit(write_job(jobs / f"round-{number}", number, pace.least))
    end = time.monotonic() + pace.round_s
    while progress.last_round() < number:
        if (status := session.status(job)).startswith("FINISHED"):
            if progress.last_round() < number:
                raise RecipeError(f"its job ended without a commit ({status}); the server's log says why")
            return
        if time.monotonic() >= end:
            session.abort(job)
            raise RecipeError(f"it took more than {pace.round_s:g} s and was ended")
        time.sleep(pace.look_s)


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
