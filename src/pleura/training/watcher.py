"""Whoever watches a training run: told of tasks, their progress, and lines worth reading."""

from typing import Protocol

__all__ = ["Silent", "Watcher"]


class Watcher(Protocol):
    """What a run tells; a terminal shows bars, a log shows lines."""

    def start(self, task: str, total: int) -> None:
        """Say that a task of so many parts begins; the one before it is over."""

    def advance(self) -> None:
        """Say that one part of the task is done."""

    def say(self, line: str) -> None:
        """Say something worth keeping."""


class Silent:
    """A watcher that shows nothing."""

    def start(self, task: str, total: int) -> None:
        """Do nothing."""

    def advance(self) -> None:
        """Do nothing."""

    def say(self, line: str) -> None:
        """Do nothing."""
