"""Committed rounds in, hospitals that hold the newest model out: what is done after the last round of a run.

A round gives its sum to the hospitals when the next one begins. After the last one a job without a round does it.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from pleura.errors import QuorumError
from pleura.federation.deployment.server import HAND_OUT, read_log
from pleura.federation.engine.job import write_job
from pleura.federation.engine.rolling import Session
from pleura.federation.rounds.durable import forget, write_whole

__all__ = ["hand_out"]

_LOOK_S: Final = 0.3


def hand_out(
    open_session: Callable[[], AbstractContextManager[Session]],
    state: Path,
    jobs: Path,
    committed: int,
    *,
    quorum: int,
    limit_s: float,
) -> list[str]:
    """Bring the hospitals that are connected to the newest model.

    Parameters
    ----------
    open_session : gives a session with the server
    state : the server's folder, on this machine
    jobs : where the job is written
    committed : rounds up to now
    quorum : hospitals that it takes
    limit_s : seconds after which it is given up

    Returns
    -------
    names of the hospitals that hold the model

    Raises
    ------
    QuorumError
        If too few do; they take it when the next round begins.
    """
    before, end = len(read_log(state)), time.monotonic() + limit_s
    write_whole(state / HAND_OUT, b"")
    try:
        with open_session() as session:
            job = session.submit(write_job(jobs / f"after-{committed}", committed + 1, quorum))
            while not (over := session.status(job)).startswith("FINISHED") and time.monotonic() < end:
                time.sleep(_LOOK_S)
            if not over.startswith("FINISHED"):
                session.abort(job)
    finally:
        forget(state / HAND_OUT)
    said = [row for row in read_log(state)[before:] if "handed_out" in row or "failed" in row]
    if not said or "failed" in said[-1]:
        why = said[-1]["failed"] if said else f"the job ended with {over}"
        raise QuorumError(f"the model after {committed} rounds was not handed out: {why}")
    return list(said[-1]["handed_out"])
