"""Micro hospitals with test cases, and a short plain federation of them."""

import csv
from pathlib import Path

from federation import tiny
from pleura.federation.learning.settings import FederationSettings, ProtectionSettings
from pleura.training.watcher import Silent

PLAIN = FederationSettings(rounds=2, protection=ProtectionSettings(backend="plain"))


def write_tested(folder: Path, *, cases: int = 36, hospitals: tuple[str, ...] = ("east", "north", "west")) -> Path:
    """As `tiny.write_hospitals`, in turn; every fourth case is for test, half of them every class at every hospital."""
    tiny.write_hospitals(folder, cases=cases)
    with (folder / "cases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row["hospital"] = hospitals[number % len(hospitals)]
        if number % 4 == 2:
            row["split"] = "test"
    with (folder / "cases.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder


class Listener(Silent):
    """Keeps what is said; interrupts at a line or a task."""

    def __init__(self, at: str = "") -> None:
        self.at = at
        self.lines: list[str] = []

    def start(self, task: str, total: int) -> None:
        self.say(task)

    def say(self, line: str) -> None:
        self.lines.append(line)
        if self.at and line.startswith(self.at):
            raise KeyboardInterrupt
