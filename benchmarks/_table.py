"""Measured rows in, a printed table and benchmarks/results/NAME.json out; shared by every benchmark."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["RESULTS", "Row", "report"]

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured quantity and the target it is held against."""

    name: str
    value: float
    unit: str
    """What the value counts, such as s, ml or x."""
    target: str | None = None
    """A comparison with a number, such as "<= 1.3"; None where nothing is promised."""
    detail: str = ""
    """How it was measured, in a few words."""

    @property
    def met(self) -> bool:
        """Whether the value holds the target; true where there is none."""
        if self.target is None:
            return True
        sign, bound = self.target.split()
        value = float(self.value)  # a NumPy number compares to a NumPy truth value, which JSON does not know
        match sign:
            case "<=":
                return value <= float(bound)
            case "<":
                return value < float(bound)
            case ">=":
                return value >= float(bound)
            case ">":
                return value > float(bound)
            case _:
                raise ValueError(f'a target is one of "<= x", "< x", ">= x", "> x"; got {self.target!r}')


def _cpu() -> str:
    """Name of the processor where Linux tells it, else what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def report(name: str, rows: Sequence[Row]) -> Path:
    """Print the rows as a table and write them, with the machine's description, to results/NAME.json."""
    cells = [("", "value", "unit", "target", "met", "how")]
    cells += [
        (
            r.name,
            f"{r.value:.4g}",
            r.unit,
            r.target or "",
            "" if r.target is None else "yes" if r.met else "NO",
            r.detail,
        )
        for r in rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    for row in cells:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]]).rstrip())
    text = {
        "name": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpu": _cpu(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "python": platform.python_version(),
            "platform": platform.platform(),
        },
        "rows": [asdict(row) | {"value": float(row.value), "met": row.met} for row in rows],
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    temporary = path.with_suffix(".json.part")
    temporary.write_text(json.dumps(text, indent=2) + "\n")
    temporary.replace(path)
    return path
