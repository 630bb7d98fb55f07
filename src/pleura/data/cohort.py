"""The cohort table: a folder with `cases.csv` and `cohort.toml` in, checked cases out."""

import csv
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path, PurePosixPath

from pleura.errors import CohortError
from pleura.settings import CLASSES, LABELS

__all__ = [
    "COLUMNS",
    "COURSES",
    "INTENSITIES",
    "OPTIONAL_COLUMNS",
    "SEXES",
    "SPLITS",
    "UNFINISHED_MARK",
    "Case",
    "Cohort",
    "read_cohort",
    "review_cohort",
]

COLUMNS = ("case", "patient", "hospital", "label", "severity", "split", "study", "lungs", "lesions")
"""Columns that `cases.csv` must have; others may follow."""
OPTIONAL_COLUMNS = ("lobes", "sex", "age", "day", "course", "scanner", "thickness", "intensity")
"""Columns of `cases.csv` that are read where they are there; any cell of them may be empty."""
SPLITS = ("train", "validation", "test")
SEXES = ("F", "M", "O")
"""DICOM's words for Patient's Sex."""
COURSES = ("peak-recovery", "relapse", "plateau", "deterioration")
"""How a disease can go on from one study of a patient to the next."""
INTENSITIES = ("hu", "8-bit")
"""What the voxels of a study are: Hounsfield units, or 256 grey levels laid on a window, which is less."""
UNFINISHED_MARK = "unfinished.json"
"""A file that stands in the folder of a cohort that is still being made."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the table: a study of a patient with its label."""

    case: str
    patient: str
    hospital: str
    label: str
    severity: int
    """0 where there is none, else 1 to 3."""
    split: str
    study: Path
    """A DICOM folder or a NIfTI file; absolute, it exists."""
    lungs: Path | None
    """Reference lung mask on the study's grid."""
    lesions: Path | None
    """Reference lesion mask on the study's grid."""
    lobes: Path | None = None
    """Reference lobe mask on the study's grid."""
    sex: str | None = None
    """One of `SEXES`."""
    age: float | None = None
    """Years at the study."""
    day: int | None = None
    """Days from the first symptom to the study."""
    course: str | None = None
    """One of `COURSES`, for a patient with several studies."""
    scanner: str | None = None
    """Manufacturer and model, in any words."""
    thickness: float | None = None
    """Slice thickness, mm."""
    intensity: str = "hu"
    """One of `INTENSITIES`."""


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Cases and what is known of where they came from."""

    folder: Path
    name: str
    generator: str
    """What made it, with its version; empty where nothing did."""
    seed: int
    synthetic: bool
    description: str
    cases: tuple[Case, ...]

    def split(self, name: str) -> tuple[Case, ...]:
        """Give the cases of a split, in the table's order."""
        return tuple(case for case in self.cases if case.split == name)

    def of_classes(self, classes: Sequence[str]) -> "Cohort":
        """Give the cohort with the cases of these labels only, in the table's order."""
        return replace(self, cases=tuple(case for case in self.cases if case.label in classes))

    def of_hospitals(self, names: Sequence[str]) -> "Cohort":
        """Give the cohort with the cases of these hospitals only, in the table's order.

        Raises
        ------
        CohortError
            If one of them has no case.
        """
        there = sorted({case.hospital for case in self.cases})
        absent = [name for name in names if name not in there]
        if absent or not names:
            unknown = ", ".join(absent) or "(none named)"
            raise CohortError(f"no case of hospital {unknown}; there are {', '.join(there)}")
        return replace(self, cases=tuple(case for case in self.cases if case.hospital in names))

    def counts(self, key: str, split: str | None = None) -> dict[str, int]:
        """Count cases by "label", "hospital" or "split", sorted by name."""
        counted = Counter(str(getattr(case, key)) for case in self.cases if split in (None, case.split))
        return dict(sorted(counted.items()))


def read_cohort(folder: Path, *, classes: Sequence[str] = CLASSES) -> Cohort:
    """Read and check a cohort.

    Parameters
    ----------
    folder : holds `cases.csv` and `cohort.toml`
    classes : each needs a case in the training split; cases of other labels of `pleura.settings.LABELS` are read as
        well, and `Cohort.of_classes` leaves them out

    Raises
    ------
    CohortError
        If a file is missing or cannot be read, or the table contradicts itself or the files it names: a missing
        column, an empty table, a case named twice, an unknown label, a wrong severity or split, a path that leaves the
        folder or is not there, a patient in two splits, a class with no training case, or a value in an optional column
        that cannot be.
    """
    cohort, problems = review_cohort(folder)
    if problems:
        raise CohortError(problems[0])
    trained = {case.label for case in cohort.cases if case.split == "train"}
    absent = [name for name in classes if name not in trained]
    if absent:
        raise CohortError(
            f"no training case of class {', '.join(absent)}; each class needs at least one in split train"
        )
    return cohort


def review_cohort(folder: Path) -> tuple[Cohort, tuple[str, ...]]:
    """Read what can be read of a cohort, and say what is wrong with the rest.

    Parameters
    ----------
    folder : holds `cases.csv` and `cohort.toml`

    Returns
    -------
    cohort : with the cases whose rows are right
    problems : one message for each row that is wrong, each case named twice, each patient in two splits

    Raises
    ------
    CohortError
        If a file is missing or cannot be read, a column is missing, or the table is empty.
    """
    if (folder / UNFINISHED_MARK).exists():
        raise CohortError(f"{folder} is not finished; give the command that makes it again, and it goes on")
    about = _read_about(folder / "cohort.toml")
    rows = _read_rows(folder / "cases.csv")
    if not rows:
        raise CohortError(f"{folder / 'cases.csv'} has no cases, only a header")
    cases: list[Case] = []
    problems: list[str] = []
    for number, row in rows:
        try:
            cases.append(_read_case(folder, row, number))
        except CohortError as error:
            problems.append(str(error))
    problems += _contradictions(cases)
    return Cohort(folder=folder, cases=tuple(cases), **about), tuple(problems)  # type: ignore[arg-type]


def _read_about(path: Path) -> dict[str, object]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CohortError(
            f"no {path.name} in {path.parent}; a cohort is a folder with cohort.toml and cases.csv"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CohortError(f"cannot read {path}: {error}") from error
    if table.get("format") != 1:
        raise CohortError(f"{path}: format = {table.get('format')!r}; this version reads format = 1")
    kinds = {"name": str, "generator": str, "seed": int, "synthetic": bool, "description": str}
    defaults: dict[str, object] = {"generator": "", "seed": 0, "description": ""}
    about: dict[str, object] = {}
    for key, kind in kinds.items():
        value = table.get(key, defaults.get(key))
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise CohortError(f"{path}: {key} = {value!r}; need {kind.__name__}")
        about[key] = value
    return about


def _read_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Rows with their line numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise CohortError(f"{path}: no column {', '.join(missing)}; need {', '.join(COLUMNS)}")
            rows = []
            for row in reader:
                if None in row or None in row.values():
                    raise CohortError(f"{path}, line {reader.line_num}: not as many fields as the header has")
                rows.append((reader.line_num, row))
            return rows
    except FileNotFoundError as error:
        raise CohortError(
            f"no {path.name} in {path.parent}; a cohort is a folder with cohort.toml and cases.csv"
        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CohortError(f"cannot read {path}: {error}") from error


def _read_case(folder: Path, row: dict[str, str], number: int) -> Case:
    where = f"cases.csv, line {number}" + (f", case {row['case']}" if row["case"] else "")
    for column in ("case", "patient", "hospital", "study"):
        if not row[column].strip():
            raise CohortError(f"{where}: {column} is empty")
    if row["label"] not in LABELS:
        raise CohortError(f'{where}: label "{row["label"]}"; need one of {", ".join(LABELS)}')
    if row["severity"] not in ("0", "1", "2", "3"):
        raise CohortError(f'{where}: severity "{row["severity"]}"; need 0 (none) to 3')
    if row["split"] not in SPLITS:
        raise CohortError(f'{where}: split "{row["split"]}"; need {", ".join(SPLITS)}')
    return Case(
        case=row["case"],
        patient=row["patient"],
        hospital=row["hospital"],
        label=row["label"],
        severity=int(row["severity"]),
        split=row["split"],
        study=_resolve(folder, row["study"], where),
        lungs=_resolve(folder, row["lungs"], where) if row["lungs"] else None,
        lesions=_resolve(folder, row["lesions"], where) if row["lesions"] else None,
        lobes=_resolve(folder, row["lobes"], where) if row.get("lobes") else None,
        sex=_one_of(row, "sex", SEXES, where),
        age=_number(row, "age", 0, 130, where),
        day=_whole(row, "day", where),
        course=_one_of(row, "course", COURSES, where),
        scanner=row.get("scanner") or None,
        thickness=_number(row, "thickness", 0.01, 50, where),
        intensity=_one_of(row, "intensity", INTENSITIES, where) or "hu",
    )


def _one_of(row: dict[str, str], column: str, known: Sequence[str], where: str) -> str | None:
    """Give a word of an optional column; None where it is empty."""
    word = row.get(column) or None
    if word is not None and word not in known:
        raise CohortError(f'{where}: {column} "{word}"; need one of {", ".join(known)}, or nothing')
    return word


def _number(row: dict[str, str], column: str, low: float, high: float, where: str) -> float | None:
    """Give a number of an optional column; None where it is empty."""
    written = row.get(column)
    if not written:
        return None
    try:
        value = float(written)
    except ValueError:
        value = float("nan")
    if not (isfinite(value) and low <= value <= high):
        raise CohortError(f'{where}: {column} "{written}"; need a number from {low:g} to {high:g}, or nothing')
    return value


def _whole(row: dict[str, str], column: str, where: str) -> int | None:
    value = _number(row, column, -1000, 10000, where)
    if value is not None and not value.is_integer():
        raise CohortError(f'{where}: {column} "{row[column]}"; need a whole number, or nothing')
    return None if value is None else int(value)


def _resolve(folder: Path, written: str, where: str) -> Path:
    relative = PurePosixPath(written)
    if relative.is_absolute() or ".." in relative.parts or "\\" in written or "\0" in written:
        raise CohortError(
            f'{where}: path "{written}" leaves the cohort; need a path relative to its folder, without ".."'
        )
    path = folder / relative
    if not path.exists():
        raise CohortError(f"{where}: {written} is not there")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise CohortError(f'{where}: path "{written}" leaves the cohort through a link')
    return path


def _contradictions(cases: Sequence[Case]) -> list[str]:
    """Say which cases are named twice and which patients are in two splits, each once."""
    counted = Counter(case.case for case in cases)
    said = [
        f"case {name} is in the table twice; each case needs its own name"
        for name, count in counted.items()
        if count > 1
    ]
    first_seen: dict[str, Case] = {}
    leaked: set[str] = set()
    for case in cases:
        other = first_seen.setdefault(case.patient, case)
        if other.split != case.split and case.patient not in leaked:
            leaked.add(case.patient)
            said.append(
                f"patient {case.patient} is in two splits: case {other.case} in {other.split}, "
                f"case {case.case} in {case.split}; put all of a patient's cases in one"
            )
    return said
