"""Replies that come in from several threads, and whether to wait for more; the rule is the round's `Closing`."""

import time
from collections.abc import Callable, Collection
from threading import Lock

from pleura.federation.rounds.exchange import Closing, Reply

__all__ = ["Replies"]


class Replies:
    """What came of one task so far.

    Parameters
    ----------
    asked : hospitals that were given the task
    closing : when to stop waiting
    clock : seconds that never go back
    """

    def __init__(self, asked: Collection[str], closing: Closing, clock: Callable[[], float] = time.monotonic) -> None:
        self._closing = closing
        self._clock = clock
        self._lock = Lock()
        self._begun = clock()
        self._byte = self._begun
        self._quorum: float | None = None
        self._awaited = set(asked)
        self._coming: set[str] = set()
        self._replies: dict[str, Reply | str] = {}
        self._closed = False

    def coming(self, hospital: str) -> bool:
        """Note that a hospital's files are on their way; False if nobody waits for them, or they came before."""
        with self._lock:
            if self._closed or hospital not in self._awaited or hospital in self._coming | set(self._replies):
                return False
            self._coming.add(hospital)
            self._byte = self._clock()
            return True

    def byte(self) -> None:
        """Note that something of somebody's files came."""
        self._byte = self._clock()

    def whole(self, hospital: str, reply: Reply) -> None:
        """Take a reply whose files are all whole; after the end it is dropped."""
        with self._lock:
            self._coming.discard(hospital)
            if self._closed or hospital not in self._awaited:
                return
            self._replies.setdefault(hospital, reply)
            if self._quorum is None and self._answered() >= self._closing.quorum:
                self._quorum = self._clock()

    def refused(self, hospital: str, reason: str) -> None:
        """Take a refusal; after the end it is dropped."""
        with self._lock:
            self._coming.discard(hospital)
            if not self._closed and hospital in self._awaited:
                self._replies.setdefault(hospital, reason)

    def lost(self, hospital: str) -> None:
        """Wait no more for a hospital whose files broke off, or that is gone."""
        with self._lock:
            self._coming.discard(hospital)
            self._awaited -= {hospital} - set(self._replies)

    def done(self) -> bool:
        """Say whether to stop waiting."""
        with self._lock:
            now = self._clock()
            refusals = len(self._replies) - self._answered()
            return self._closing.done(
                asked=len(self._awaited) - refusals,
                answered=self._answered(),
                elapsed=now - self._begun,
                since_quorum=None if self._quorum is None else now - self._quorum,
                since_byte=now - self._byte if self._coming else None,
            )

    def close(self) -> dict[str, Reply | str]:
        """Take nothing more, and give what came, by hospital in the order of their names."""
        with self._lock:
            self._closed = True
            return dict(sorted(self._replies.items()))

    def _answered(self) -> int:
        return sum(isinstance(reply, Reply) for reply in self._replies.values())
