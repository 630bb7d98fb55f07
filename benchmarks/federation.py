"""What a round of real processes costs beyond training, and what memory it takes: server and hospitals over mutual TLS.

All machines run on this one, over loopback, as they are deployed; a stand-in replaces only the hospitals' training
(`_federation_hospital.py`). A steady round is one that begins in a job that runs already. Its cost is the time from the
commit before it to its own, less the stand-in's training and the upload of the hospital that came last: from the moment
its files were made to the moment the server had them whole. Encrypting is not taken off.

A folder may be named, to keep the machines' certificates in for the next run; the making of these is not measured.

Memory is the proportional set size of all processes of a machine together, sampled ten times a second. MB are 10^6.
"""

import importlib.resources
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from _federation_machines import SERVER, Machines, Peaks, machines
from _table import Row, report
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.settings import FederationSettings, parse_federation
from pleura.federation.secure_sum.layout import Values
from pleura.models.toml_write import to_toml
from pleura.settings import parse_recipe

HOSPITALS = tuple(f"h{number}" for number in range(8))
GROWTH = {"0.73 M": 32, "25 M": 188}
"""Growth of the paper's network: its own, and one that makes it as large as the largest in use."""
STEADY = 6
"""Rounds of the first case that one job plays; the one after it begins a job."""
WORK, ANSWER, CHECK_IN, TAKE_COMMIT = "work", "answer", "check-in", "take-commit"


def agree(size: str) -> Agreement:
    """Make an agreement on the paper's recipe with a network of one of the sizes, as hospitals read it from files."""
    text = (importlib.resources.files("pleura.training") / "recipes" / "ucadi.toml").read_text(encoding="utf-8")
    recipe = parse_recipe(text)
    recipe = replace(recipe, arguments={**recipe.arguments, "growth": GROWTH[size]})
    settings = FederationSettings(name="bench")
    return Agreement(parse_recipe(to_toml(asdict(recipe))), parse_federation(to_toml(asdict(settings))))


@dataclass(frozen=True)
class Case:
    """Rounds of one size with so many hospitals, measured."""

    size: str
    values: int
    hospitals: int
    rounds: list[dict[str, Any]]
    """The server's clocks."""
    tasks: dict[str, list[dict[str, Any]]]
    """The hospitals' clocks, by name."""
    peaks: Peaks

    @property
    def server_mb(self) -> float:
        """Highest memory of the server's processes together."""
        return self.peaks.pss[SERVER] / 1e6

    @property
    def hospital_mb(self) -> float:
        """Highest memory of a hospital's processes together, of the hospital that took most."""
        return max(self.peaks.pss[name] for name in self.tasks) / 1e6

    @property
    def upload_mb(self) -> float:
        """Bytes of a hospital's upload and shares."""
        return max(_task(self.rounds[-1], WORK)["up"].values()) / 1e6

    def bytes(self, way: str) -> float:
        """Bytes of messages and files that a hospital sent ("up") or was sent ("down") in the last round, in MB."""
        return max(sum(task[way].get(name, 0) for task in self.rounds[-1]["tasks"]) for name in self.tasks) / 1e6

    def parts(self, number: int) -> dict[str, float]:
        """Divide the seconds of a round, counted from 0, among what was done; they add up to the whole."""
        row, before = self.rounds[number], self.rounds[number - 1]
        work, answer = _task(row, WORK), _task(row, ANSWER)
        last = max(work["came"], key=work["came"].get)
        (own,) = [
            one for one in self.tasks[last] if one["task"] == WORK and work["began"] < one["began"] < work["ended"]
        ]
        given = [_task(row, task) for task in (CHECK_IN, TAKE_COMMIT)]
        return {
            "from the commit before it to the first task": given[0]["began"] - before["ended"],
            "check-in": given[0]["ended"] - given[0]["began"],
            "the sum to the hospitals, opened, next model made": given[1]["ended"] - given[1]["began"],
            "descriptor signed and on its way to the hospitals": own["began"] - given[1]["ended"],
            "stand-in for training": own["training"],
            "encrypted, shares dealt, ledger written": own["ended"] - own["began"] - own["training"],
            "slowest upload": work["came"][last] - own["ended"],
            "uploads checked and added, shares cut": answer["began"] - work["came"][last],
            "answers that open the sum": answer["ended"] - answer["began"],
            "commit": row["ended"] - answer["ended"],
        }

    def cost(self, number: int) -> float:
        """Seconds of a round beyond training and the slowest upload."""
        parts = self.parts(number)
        return sum(parts.values()) - parts["stand-in for training"] - parts["slowest upload"]


def _task(row: dict[str, Any], name: str) -> dict[str, Any]:
    """Find what the server noted of a task, the last time it gave it in a round."""
    found: dict[str, Any] = [task for task in row["tasks"] if task["task"] == name][-1]
    return found


def measure(
    made: Machines, size: str, hospitals: int, *, rounds: int = 2, rounds_a_job: int = 2, networks: bool = False
) -> Case:
    """Run rounds on fresh states, and read all clocks."""
    names, agreement = HOSPITALS[:hospitals], agree(size)
    made.found(agreement, names, networks=networks)
    peaks = made.run(names, rounds, rounds_a_job)
    values = sum(segment.size for segment in agreement.layout.segments if isinstance(segment, Values))
    clocks = {name: made.clocks(name) for name in names}
    played = [row for row in made.clocks(SERVER) if any(task["task"] == ANSWER for task in row["tasks"])]
    if len(played) != rounds:
        raise RuntimeError(f"{len(played)} rounds came to an answer, {rounds} were wanted; a round failed meanwhile")
    return Case(size, values, hospitals, played, clocks, peaks)


def round_rows(case: Case) -> list[Row]:
    """Cost of a steady round, of one that begins a job, and where the seconds go."""
    steady = range(2, STEADY)
    costs = sorted(case.cost(number) for number in steady)
    walls = [sum(case.parts(number).values()) for number in steady]
    training, upload = (
        median(case.parts(number)[part] for number in steady) for part in ("stand-in for training", "slowest upload")
    )
    what = f"{case.hospitals} hospitals, {case.values:,} values"
    rows = [
        Row(
            name=f"a steady round of {what}, beyond training and the slowest upload",
            value=round(median(costs), 2),
            unit="s",
            target="<= 8",
            detail=f"median of {len(costs)} rounds, {costs[0]:.2f} to {costs[-1]:.2f} s; commit to commit "
            f"{median(walls):.2f} s, less {training:.2f} s for the stand-in and {upload:.2f} s for the upload",
        ),
        Row(
            name="the same for a round that begins a job",
            value=round(case.cost(STEADY), 2),
            unit="s",
            detail="one round: processes started, Python and torch imported in each hospital's",
        ),
    ]
    rows += [
        Row(name=f"part, {part}", value=round(median(case.parts(number)[part] for number in steady), 3), unit="s")
        for part in case.parts(STEADY - 1)
    ]
    return rows


def server_rows(case: Case) -> list[Row]:
    """Memory of the server, whose bound is the same whatever the number of hospitals; theirs hold plain numbers."""
    bound = 3 * case.upload_mb + 300
    what = f"{case.size} values, {case.hospitals} hospitals"
    return [
        Row(
            name=f"server memory, {what}",
            value=round(case.server_mb, 1),
            unit="MB",
            target=f"< {bound:.1f}",
            detail=f"3 uploads of {case.upload_mb:.1f} MB + 300 MB; resident {case.peaks.rss[SERVER] / 1e6:.0f} MB",
        ),
    ]


def hospital_rows(case: Case) -> list[Row]:
    """Memory of a hospital that holds a network, and what it sends and is sent in a round."""
    what = f"{case.size} values, {case.hospitals} hospitals"
    rows = [
        Row(
            name=f"hospital memory, {what}",
            value=round(case.hospital_mb, 1),
            unit="MB",
            detail="of the one that took most, torch imported, without training",
        )
    ]
    rows += [
        Row(name=f"{name} a hospital and round, {what}", value=round(case.bytes(way), 2), unit="MB", detail=detail)
        for name, way, detail in (
            ("sent by", "up", "messages and files, TLS and the engine's own words not counted"),
            ("sent to", "down", "the same; the last round's sum is most of it"),
        )
    ]
    return rows


def large_rows(case: Case) -> list[Row]:
    """Give what the large model costs."""
    parts = case.parts(len(case.rounds) - 1)
    what = f"{case.values:,} values, {case.hospitals} hospitals"
    return [
        Row(
            name=f"server memory while a model of {what} goes through its rounds",
            value=round(case.server_mb, 1),
            unit="MB",
            target="< 600",
            detail="parent and job together",
        ),
        Row(
            name=f"a steady round of {what}, commit to commit",
            value=round(sum(parts.values()), 1),
            unit="s",
            detail="; ".join(f"{part} {seconds:.1f}" for part, seconds in parts.items()),
        ),
    ]


def main() -> None:
    """Measure and report."""
    with (
        tempfile.TemporaryDirectory(prefix="pleura-federation-") as folder,
        machines(Path(sys.argv[1] if len(sys.argv) > 1 else folder), HOSPITALS) as made,
    ):
        network = measure(made, "0.73 M", 4, rounds=STEADY + 1, rounds_a_job=STEADY, networks=True)
        large = measure(made, "25 M", 4, networks=True)
        plain = [measure(made, size, hospitals) for size in GROWTH for hospitals in (3, 8)]
    rows = round_rows(network) + large_rows(large)
    rows += [row for case in plain for row in server_rows(case)]
    rows += [row for case in (network, large) for row in hospital_rows(case)]
    report("federation", rows)


if __name__ == "__main__":
    main()
