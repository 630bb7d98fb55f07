"""What the secure sum costs: CPU seconds, bytes and memory of each backend, against TenSEAL as NVIDIA FLARE uses it.

Every case runs in a process of its own (`_secure_sum_cases.py`), the ways take turns, and each number is the median of
its runs, of CPU seconds on one thread unless it says wall. Targets are held at 1 M and 25 M values and ten hospitals.

The allocator of each process, TenSEAL's as well as ours, keeps what is freed. On a virtual machine the first touch of
a page can cost 2 us, half a nanosecond a byte, and what would be measured else is how often the allocator gives
memory back.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from _table import Row, report

CASES = Path(__file__).with_name("_secure_sum_cases.py")
MILLION, LARGE = 1_000_000, 25_000_000
TURNS = 5
FLAT, TENSORS = "TenSEAL, one vector", "TenSEAL, a vector a tensor"
RING4, RING3, BOTH = "ring, 4 values", "ring, 3 values", "ring, 4 values, both cores"
SEAL, MASKS, PLAIN = "seal-python BFV", "masks", "plain"
WAYS: dict[str, dict[str, Any]] = {
    FLAT: {"way": "tenseal"},
    TENSORS: {"way": "tenseal"},
    RING4: {"way": "ring", "values": 4},
    RING3: {"way": "ring", "values": 3},
    BOTH: {"way": "ring", "values": 4, "threads": 2},
    SEAL: {"way": "seal"},
    MASKS: {"way": "masks"},
    PLAIN: {"way": "plain"},
}


def child(case: Mapping[str, Any]) -> Any:
    """Run one case in a process of its own: one thread in libraries, and an allocator that keeps what is freed."""
    settings = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    settings |= {"MALLOC_TRIM_THRESHOLD_": str(1 << 30), "MALLOC_MMAP_THRESHOLD_": str(1 << 25)}
    done = subprocess.run(
        [sys.executable, str(CASES), json.dumps(case)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the case {case} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


@dataclass
class Measured:
    """Runs of one way at one size and number of hospitals."""

    name: str
    values: int
    hospitals: int
    runs: list[dict[str, float]] = field(default_factory=list)

    def __getitem__(self, what: str) -> float:
        """Median over the runs."""
        return median(run[what] for run in self.runs)

    def by_value(self, what: str) -> float:
        """Nanoseconds a value."""
        return self[what] / self.values * 1e9

    @property
    def detail(self) -> str:
        """All that was measured, in a line."""
        steps = ", ".join(f"{step} {self.by_value(step):.3g}" for step in ("encrypt", "add", "decrypt"))
        memory = f"memory {self['memory'] / 2**20:.0f} MiB, of it to encrypt {self['encrypt memory'] / 2**20:.0f}; "
        return (
            f"ns a value: {steps}; {self['bytes'] / self.values:.2f} bytes a value; "
            f"{memory if self.values == LARGE else ''}"
            f"largest error {self['error']:.1g} of the clip; {len(self.runs)} runs"
        )


def in_turns(
    ways: tuple[str, ...], sizes: list[int], hospitals: int, *, turns: int, repeats: int = 1
) -> dict[str, Measured]:
    """Measure some ways, one after the other, again and again."""
    found = {name: Measured(name, sum(sizes), hospitals) for name in ways}
    for _ in range(turns):
        for name in ways:
            case = WAYS[name] | {"sizes": sizes, "hospitals": hospitals, "repeats": repeats, "added": 1}
            if name == FLAT:
                case["sizes"] = [sum(sizes)]
            found[name].runs += child(case)
    return found


def table(found: Mapping[str, Measured]) -> list[Row]:
    """One row for each way: CPU of a hospital's upload, and everything else beside it."""
    return [
        Row(
            name=f"{m.name}: {m.values / 1e6:.3g} M values, {m.hospitals} hospitals, encrypt",
            value=round(m.by_value("encrypt"), 3),
            unit="ns/value",
            detail=m.detail,
        )
        for m in found.values()
    ]


def ratio(name: str, value: float, target: str, detail: str) -> Row:
    """Give a row with a target."""
    return Row(name=name, value=round(value, 2), unit="x", target=target, detail=detail)


def targets(million: Mapping[str, Measured], large: Mapping[str, Measured]) -> list[Row]:
    """Hold the ring sum against TenSEAL's one flat vector."""
    theirs, ours, three = million[FLAT], million[RING4], million[RING3]
    rows = [
        ratio(
            f"{what}, times faster than {FLAT}",
            theirs[what] / ours[what],
            f">= {least}",
            f"1 M values, 10 hospitals: {theirs.by_value(what):.0f} against {ours.by_value(what):.2f} ns a value",
        )
        for what, least in (("encrypt", 100), ("decrypt", 50), ("add", 400))
    ]
    rows += [
        ratio(
            f"bytes, {values} values a coefficient, times fewer than {FLAT}",
            theirs["bytes"] / mine["bytes"],
            f">= {least}",
            f"{theirs['bytes'] / MILLION:.1f} against {mine['bytes'] / MILLION:.2f} bytes a value, headers counted",
        )
        for values, mine, least in ((4, ours, 18), (3, three, 14))
    ]
    theirs, ours = large[FLAT], large[RING4]
    rows.append(
        ratio(
            f"memory at 25 M values, times less than {FLAT}",
            theirs["memory"] / ours["memory"],
            ">= 10",
            f"{theirs['memory'] / 2**30:.1f} GiB against {ours['memory'] / 2**20:.0f} MiB, which hold three uploads, "
            "their sum and the opened values",
        )
    )
    rows.append(
        Row(
            name="upload, 4 values a coefficient, at 25 M values",
            value=round(ours["bytes"] / LARGE, 3),
            unit="bytes/value",
            target="< 4",
            detail=f"{ours['bytes'] / 1e6:.1f} MB; as float32 100 MB",
        )
    )
    wall = min(run["encrypt wall"] for run in large[BOTH].runs)
    rows.append(
        Row(
            name="25 M values encrypted on both cores, wall clock",
            value=round(wall, 3),
            unit="s",
            target="<= 0.2",
            detail=f"least of {len(large[BOTH].runs)} runs, since others on the machine only add to it; 4 values",
        )
    )
    return rows


def share_rows(found: Mapping[int, Measured]) -> list[Row]:
    """Cost of the shares by which hospitals may drop out, by number of hospitals."""
    return [
        Row(
            name=f"shares of the round secret, {hospitals} hospitals: dealt, sealed and signed",
            value=round(m["deal"] * 1e3, 2),
            unit="ms",
            detail=f"{m['shares'] / 1e3:.0f} kB; an answer {m['answer'] * 1e3:.1f} ms (for three uploads) and "
            f"{m['answer bytes'] / 1e3:.1f} kB; to combine the answers {m['combine'] * 1e3:.1f} ms",
        )
        for hospitals, m in found.items()
    ]


def part_rows(parts: list[tuple[str, float]]) -> list[Row]:
    """Where the time of an encrypted value goes, against the floor of a transform and AES alone."""
    whole = sum(taken for name, taken in parts if name.startswith(("encrypt:", "both:")))
    floor = sum(taken for name, taken in parts if "AES" in name or name == "share: inverse transform alone")
    return [
        Row(
            name="ring encryption of whole blocks, all parts",
            value=round(whole, 2),
            unit="ns/value",
            detail=f"four values a coefficient, no new memory; transform and AES alone are {floor:.2f}",
        ),
        *(Row(name=f"part, {name}", value=round(taken, 3), unit="ns/value") for name, taken in parts),
    ]


def main() -> None:
    """Measure and report."""
    tensors: list[int] = child({"way": "tensors"})
    big = in_turns((FLAT,), [LARGE], 10, turns=1)
    big |= in_turns((RING4, RING3, BOTH), [LARGE], 10, turns=3)
    big |= in_turns((SEAL, MASKS, PLAIN), [LARGE], 10, turns=1)
    million = in_turns((FLAT, RING4, RING3, SEAL, MASKS, PLAIN), [MILLION], 10, turns=TURNS, repeats=3)
    network = in_turns((FLAT, TENSORS, RING4, RING3, SEAL, MASKS, PLAIN), tensors, 10, turns=1, repeats=3)
    few = in_turns((RING4, RING3, MASKS), [MILLION], 3, turns=1, repeats=3)
    many = in_turns((RING4, RING3, MASKS), [MILLION], 50, turns=1, repeats=3)
    rows = targets(million, big)
    for found in (million, few, many, network, big):
        rows += table(found)
    rows += part_rows(child({"way": "parts"}))
    rows += share_rows({3: few[RING4], 10: million[RING4], 50: many[RING4]})
    report("secure_sum", rows)


if __name__ == "__main__":
    main()
