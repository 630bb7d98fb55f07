"""A server's state folder and a channel in, one committed round out: what the engine wakes at the server for each job.

plan.json, waiting.toml   what the server wants of a round, and how long it waits
endorsement, keys/        the coordinator's word for the server's key; that key, which signs descriptors
coordinator, lists/       the coordinator's public key, and the member lists
rounds/                   the committed rounds
log                       a line a round or attempt, JSON
"""

import json
import os
import time
from pathlib import Path
from typing import Any, Final

from pleura.errors import PleuraError, WireError
from pleura.federation.deployment.plan import read_plan
from pleura.federation.rounds.durable import read
from pleura.federation.rounds.exchange import Channel
from pleura.federation.rounds.server_key import Endorsement, ServerKey
from pleura.federation.rounds.server_round import RoundServer

__all__ = ["HAND_OUT", "load_server", "play", "read_failures", "read_lists", "read_log"]

HAND_OUT: Final = "hand-out"
"""While a file of this name is in the state folder, a job brings hospitals to the newest model and runs no round."""
_LOG: Final = "log"


def play(channel: Channel, state: Path, number: int) -> bool:
    """Run one round and commit it, or do nothing if another one is next; see `HAND_OUT`.

    Parameters
    ----------
    channel : to the hospitals
    state : the server's folder
    number : of the round, from 1

    Returns
    -------
    whether it was committed

    Raises
    ------
    PleuraError
        As `RoundServer.play`; the round is run again then.
    """
    began = time.time()
    row: dict[str, Any] = {"round": number, "when": int(began)}
    try:
        server = load_server(state)
    except PleuraError as error:
        _note(state, row | {"failed": str(error)})
        raise
    if server.commits.round + 1 != number:
        return False
    try:
        if (state / HAND_OUT).exists():
            row |= {"handed_out": sorted(server.bring_up(channel))}
            return False
        commit = server.play(channel)
        row |= {"attempt": commit.attempt, "hospitals": len(commit.senders), "upload_bytes": commit.upload_bytes}
    except PleuraError as error:
        row |= {"failed": str(error)}
        raise
    finally:
        row |= {"seconds": round(time.time() - began, 1), "refused": dict(server.refused)}
        _note(state, row)
    return True


def load_server(state: Path) -> RoundServer:
    """Make the server's side of the rounds from what is on its disk; errors as for `RoundServer`."""
    coordinator, endorsed = read(state / "coordinator"), read(state / "endorsement")
    if coordinator is None or endorsed is None:
        raise WireError(f"{state} has no coordinator's key or endorsement; bring it back from a backup")
    endorsement = Endorsement.from_bytes(endorsed, coordinator)
    lists = read_lists(state)
    if not lists:
        raise WireError("no hospital has been let in yet; approve requests first")
    key = ServerKey.load(state / "keys")
    return RoundServer(state / "rounds", read_plan(state), key, endorsement, lists, coordinator)


def read_lists(state: Path) -> list[bytes]:
    """Read all member lists, from number 0 on."""
    return [path.read_bytes() for path in sorted((state / "lists").glob("[0-9]*"))]


def read_log(state: Path) -> list[dict[str, Any]]:
    """Read the lines of the server's log of rounds, oldest first; one that a crash cut off is left out."""
    rows = []
    for line in (read(state / _LOG) or b"").decode("utf-8", errors="replace").splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


def read_failures(state: Path) -> list[str]:
    """Read why rounds failed, oldest first."""
    return [str(row["failed"]) for row in read_log(state) if "failed" in row]


def _note(state: Path, row: dict[str, Any]) -> None:
    handle = os.open(state / _LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
