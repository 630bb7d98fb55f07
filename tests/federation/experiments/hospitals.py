"""Micro hospitals with test cases, and a short plain federation of them."""

import csv
from dataclasses import replace
from pathlib import Path

from federation import tiny
from pleura.data.cohort import Cohort, read_cohort
from pleura.federation.learning.settings import FederationSettings, ProtectionSettings

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


def without(cohort: Path, label: str, *, at: str) -> Cohort:
    """The cohort without a hospital's training and validation cases of one class."""
    read = read_cohort(cohort)
    kept = tuple(case for case in read.cases if not (case.hospital == at and case.label == label))
    return replace(read, cases=kept)
