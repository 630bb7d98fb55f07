"""The smallest round there is, for tests of the engine: each hospital sends numbers in a file, the server adds them.

The entries of the stations in tests name `serve` and `Summing`; both run in processes that the engine starts.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pleura.errors import TermsError
from pleura.federation.rounds.exchange import Channel, Closing, Reply
from pleura.whole_file import write_text

VALUES = 5000


def numbers(hospital: str, number: int) -> np.ndarray:
    """What a hospital sends in a round, by its name and the round's number; the tests know it, too."""
    seed = int.from_bytes(f"{hospital}/{number}".encode(), "little") % 2**63
    return np.random.default_rng(seed).integers(0, 2**40, VALUES)


def hold(state: Path, point: str) -> None:
    """Stop at a point where a test wants a process to be killed: where it put a file `hold-<point>`."""
    wanted = state / f"hold-{point}"
    if wanted.exists():
        wanted.rename(state / f"held-{point}")
        time.sleep(120)


class Committed:
    """Progress of the rounds in a state folder."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def last_round(self) -> int:
        return max((int(path.stem) for path in self.state.glob("[0-9]*.json")), default=0)

    def record(self, number: int) -> dict:
        return json.loads((self.state / f"{number}.json").read_text())

    def failures(self) -> list[str]:
        return []

    def last_hospitals(self) -> frozenset[str]:
        number = self.last_round()
        return frozenset(self.record(number)["hospitals"]) if number else frozenset()


class Summing:
    """A hospital that sends its numbers."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.hospital = state.name

    def handle(self, task: str, message: bytes, files: Mapping[str, Path]) -> Reply:
        number = int(message)
        if task == "hear":
            total = np.fromfile(files["total"], np.int64)
            write_text(self.state / f"heard-{number}.txt", str(total.sum()))
            return Reply(b"heard")
        if (self.state / "unwilling").exists():
            raise TermsError("not today")
        hold(self.state, "training")
        path = self.state / "mine"
        numbers(self.hospital, number).tofile(path)
        return Reply(self.hospital.encode(), {"numbers": path})


def serve(channel: Channel, state: Path, wanted: int) -> bool:
    """Run one round: add the numbers of all that are there, tell them the total, commit."""
    number = Committed(state).last_round() + 1
    if number != wanted:
        return False
    closing = Closing(quorum=2, grace_s=5.0, deadline_s=60.0)
    began = time.monotonic()
    there = channel.present()
    hold(state, "opening")
    replies = channel.ask("send", b"%d" % number, there, closing=closing, inbox=state / "in")
    came = {name: reply for name, reply in replies.items() if isinstance(reply, Reply)}
    total = sum(np.fromfile(reply.files["numbers"], np.int64) for reply in came.values())
    hold(state, "collected")
    total.tofile(state / f"{number}.total")
    heard = channel.ask(
        "hear", b"%d" % number, set(came), files={"total": state / f"{number}.total"}, closing=closing, inbox=state
    )
    record = {
        "hospitals": sorted(came),
        "refused": sorted(set(replies) - set(came)),
        "heard": sorted(heard),
        "messages": {name: reply.message.decode() for name, reply in came.items()},
        "seconds": time.monotonic() - began,
    }
    hold(state, "commit")
    write_text(state / f"{number}.json", json.dumps(record))
    return True
