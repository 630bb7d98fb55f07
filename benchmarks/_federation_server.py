"""What the engine wakes at the server of the federation's benchmark: the real round, over a channel with a clock.

All times are those of the machine's own clock, seconds since 1970, so that they fit those of the hospitals.
"""

import json
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pleura.federation.deployment.server import play
from pleura.federation.rounds.exchange import Channel, Closing, Reply

__all__ = ["CLOCKS", "Clocked", "timed_play"]

CLOCKS = "clocks"
"""File in the server's state folder: a line a round, JSON."""


class Clocked:
    """A `Channel` that notes when each task began and ended, and what it carried."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.tasks: list[dict[str, Any]] = []

    def present(self) -> frozenset[str]:
        """Give the hospitals that are connected."""
        return self._channel.present()

    def ask(
        self,
        task: str,
        message: bytes,
        to: Collection[str],
        *,
        files: Mapping[str, Path] | None = None,
        own: Mapping[str, Mapping[str, Path]] | None = None,
        closing: Closing,
        inbox: Path,
    ) -> dict[str, Reply | str]:
        """Give one task to several hospitals, and note what it took."""
        began = time.time()
        replies = self._channel.ask(task, message, to, files=files, own=own, closing=closing, inbox=inbox)
        whole = {name: reply for name, reply in replies.items() if isinstance(reply, Reply)}
        down = {
            name: len(message)
            + sum(path.stat().st_size for path in [*(files or {}).values(), *(own or {}).get(name, {}).values()])
            for name in to
        }
        self.tasks.append(
            {
                "task": task,
                "began": began,
                "ended": time.time(),
                "down": down,
                "up": {
                    name: len(reply.message) + sum(path.stat().st_size for path in reply.files.values())
                    for name, reply in whole.items()
                },
                # the last byte of a pulled file is written when it is whole, and its name is its own then
                "came": {
                    name: max(path.stat().st_mtime for path in reply.files.values())
                    for name, reply in whole.items()
                    if reply.files
                },
                "refused": {name: reply for name, reply in replies.items() if isinstance(reply, str)},
            }
        )
        return replies


def timed_play(channel: Channel, state: Path, number: int) -> bool:
    """Run one round as the deployed server does, and add a line to its clocks."""
    began, clocked = time.time(), Clocked(channel)
    try:
        return play(clocked, state, number)
    finally:
        row = {"round": number, "began": began, "ended": time.time(), "tasks": clocked.tasks}
        with (state / CLOCKS).open("a") as file:
            file.write(json.dumps(row) + "\n")
