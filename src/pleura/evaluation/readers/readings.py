"""A CSV file of readings in, and out again: who read which case under which condition, with what score and how fast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.rows import read_rows
from pleura.whole_file import write_rows

__all__ = ["Readings", "read_readings", "write_readings"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
TRUTHS = {"0": False, "1": True}


@dataclass(frozen=True, eq=False)
class Readings:
    """Several readers' scores on cases under one or several conditions; NaN where a case was not read."""

    conditions: tuple[str, ...]
    """What the reader had: for instance CT alone, CT with clinical data, CT with the program's answer."""
    readers: tuple[str, ...]
    cases: tuple[str, ...]
    positive: Bools
    """(cases,), whether the case has the condition looked for."""
    scores: Floats
    """(conditions, readers, cases), higher for the condition."""
    calls: Floats | None = None
    """(conditions, readers, cases), 1 called positive, 0 called negative; None where readers gave scores alone."""
    seconds: Floats | None = None
    """(conditions, readers, cases), reading time, more than 0."""
    tiers: tuple[str, ...] | None = None
    """(readers,), for instance junior or senior."""
    simulated: bool = False
    """Whether no person gave them."""

    @property
    def read(self) -> Bools:
        """(conditions, readers, cases), whether there is a score."""
        return np.asarray(~np.isnan(self.scores))

    def of_readers(self, chosen: Sequence[str]) -> "Readings":
        """Keep some readers, in the order given, with the conditions that they have read under."""
        rows = [self.readers.index(name) for name in chosen]
        used = np.flatnonzero(self.read[:, rows].any(axis=(1, 2)))

        def cut(values: Floats | None) -> Floats | None:
            return None if values is None else values[used][:, rows]

        return replace(
            self,
            conditions=tuple(self.conditions[index] for index in used.tolist()),
            readers=tuple(chosen),
            scores=self.scores[used][:, rows],
            calls=cut(self.calls),
            seconds=cut(self.seconds),
            tiers=None if self.tiers is None else tuple(self.tiers[row] for row in rows),
        )


def read_readings(path: Path) -> Readings:
    """Read a table with one row a reader, condition and case.

    Columns: case, truth (0 or 1), reader, and score, answer (0 or 1), or both; if wanted condition, tier, seconds,
    patient, and simulated ("yes" marks readings that no person gave). Without scores, answers stand for them. Seconds
    may be empty where a reading was not timed. Rows may be missing: a reader need not have read all.

    Parameters
    ----------
    path : a CSV file in UTF-8

    Raises
    ------
    CohortError
        If the file cannot be read, contradicts itself, has cases of one truth alone, or several cases of a patient:
        the methods here take every case for a patient of its own.
    """
    rows = read_rows(path, ("case", "truth", "reader"))
    graded, called, timed = (name in rows[0] for name in ("score", "answer", "seconds"))
    if not graded and not called:
        raise CohortError(f"{path} has neither a column score nor a column answer; need one of the two")
    truths = _one_each(rows, "case", "truth", path)
    tiers = _one_each(rows, "reader", "tier", path) if "tier" in rows[0] else None
    _alone(rows, path)
    positive = np.array([_truth(case, text, path) for case, text in truths.items()])
    if positive.all() or not positive.any():
        raise CohortError(f"{path} has {int(positive.sum())} of {len(positive)} cases with truth 1; need both kinds")
    conditions, readers, cases = (_order(rows, name) for name in ("condition", "reader", "case"))
    filled = {name: np.full((len(conditions), len(readers), len(cases)), np.nan) for name in _columns(rows[0])}
    for line, row in enumerate(rows, start=2):
        place = conditions[row.get("condition", "")], readers[row["reader"]], cases[row["case"]]
        if not np.isnan(filled["score" if graded else "answer"][place]):
            raise CohortError(
                f"{path}, row {line}: reader {row['reader']} reads case {row['case']} twice under one condition; "
                f"keep one, or name the conditions"
            )
        for name, values in filled.items():
            values[place] = _number(row[name], name, path, line)
    return Readings(
        conditions=tuple(name or "reading" for name in conditions),
        readers=tuple(readers),
        cases=tuple(cases),
        positive=positive,
        scores=filled["score"] if graded else filled["answer"],
        calls=filled["answer"] if called else None,
        seconds=filled["seconds"] if timed else None,
        tiers=None if tiers is None else tuple(tiers.values()),
        simulated=any(row.get("simulated", "").lower() == "yes" for row in rows),
    )


def write_readings(readings: Readings, path: Path) -> None:
    """Write readings as `read_readings` reads them, condition by condition and reader by reader; to six digits.

    Raises
    ------
    OutputError
        If the file cannot be written; an old one stays as it was.
    """
    write_rows(path, _rows(readings))


def _rows(readings: Readings) -> list[dict[str, str]]:
    columns = (("score", readings.scores), ("answer", readings.calls), ("seconds", readings.seconds))
    rows = []
    for place in np.argwhere(readings.read).tolist():
        condition, reader, case = place
        row = {
            "case": readings.cases[case],
            "truth": str(int(readings.positive[case])),
            "reader": readings.readers[reader],
            "condition": readings.conditions[condition],
        }
        if readings.tiers is not None:
            row["tier"] = readings.tiers[reader]
        for name, values in columns:
            if values is not None:
                value = values[tuple(place)]
                row[name] = "" if np.isnan(value) else f"{value:.6g}"
        row["simulated"] = "yes" if readings.simulated else "no"
        rows.append(row)
    return rows


def _columns(row: Mapping[str, str]) -> list[str]:
    return [name for name in ("score", "answer", "seconds") if name in row]


def _order(rows: Sequence[Mapping[str, str]], name: str) -> dict[str, int]:
    """Give every value of a column a number, in the order of first use."""
    return {text: index for index, text in enumerate(dict.fromkeys(row.get(name, "") for row in rows))}


def _one_each(rows: Sequence[Mapping[str, str]], key: str, name: str, path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for line, row in enumerate(rows, start=2):
        if found.setdefault(row[key], row[name]) != row[name]:
            raise CohortError(
                f'{path}, row {line}: {key} {row[key]} has {name} "{row[name]}" here and "{found[row[key]]}" before; '
                f"choose one"
            )
    return found


def _alone(rows: Sequence[Mapping[str, str]], path: Path) -> None:
    if "patient" not in rows[0]:
        return
    of_patient: dict[str, str] = {}
    for row in rows:
        other = of_patient.setdefault(row["patient"], row["case"])
        if row["patient"] and other != row["case"]:
            raise CohortError(
                f"{path}: patient {row['patient']} has cases {other} and {row['case']}; reader studies here take every "
                f"case for a patient of its own: keep one case of each patient"
            )


def _truth(case: str, text: str, path: Path) -> bool:
    if text not in TRUTHS:
        raise CohortError(f'{path}: case {case} has truth "{text}"; need 1 for the condition looked for, or 0')
    return TRUTHS[text]


def _number(text: str, name: str, path: Path, line: int) -> float:
    if name == "seconds" and not text:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    fits = {"score": isfinite(value), "answer": value in (0.0, 1.0), "seconds": isfinite(value) and value > 0}[name]
    if not fits:
        wanted = {"score": "a finite number", "answer": "1 or 0", "seconds": "more than 0, or nothing"}[name]
        raise CohortError(f'{path}, row {line}: {name} = "{text}"; need {wanted}')
    return value
