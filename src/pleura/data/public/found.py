"""What a survey of a published cohort's folder gives: the scans that were found, and what was left out and why."""

import csv
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pleura.errors import CohortError
from pleura.imaging.grey_levels import Window

__all__ = [
    "FoundScan",
    "Layout",
    "LeftOut",
    "Survey",
    "children",
    "in_order",
    "read_table",
    "safe_name",
    "slice_number",
]

Form = Literal["nifti", "metaimage", "dicom", "pictures"]


@dataclass(frozen=True, kw_only=True)
class FoundScan:
    """One scan of the source, by its files' names and tables; no voxel of it has been read."""

    name: str
    """Where it lies in the source, such as "NCP/328/1805"."""
    patient: str
    """Whose it is, in the source's numbering."""
    source_class: str
    """What the source calls its class, such as "NCP"."""
    form: Form
    study: Path
    """A file, or the folder of a DICOM series or of pictures."""
    pictures: tuple[Path, ...] = ()
    """The slices of a folder of pictures, in the order of their numbers."""
    gaps: int = 0
    """Numbers that are missing between the first and the last of the pictures."""
    intensity: str = "hu"
    """"hu" or "8-bit", by what the source documents."""
    severity: int = 0
    sex: str | None = None
    age: float | None = None
    lungs: Path | None = None
    """Mask of the source with a number a lung."""
    lesions: Path | None = None
    """Mask of the source, 0 outside."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further columns for the table of cases."""


@dataclass(frozen=True)
class LeftOut:
    """Something of the source that is not, or not as a whole, in the cohort."""

    name: str
    """Where it lies in the source."""
    reason: str
    outcome: str = "left out"
    """"left out", or what was kept of it."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Everything that a source's folder holds."""

    scans: tuple[FoundScan, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A published cohort: how it lies on disk, and what has to be said of it."""

    name: str
    """As the command line calls it."""
    title: str
    """As its authors call it; the hospital of its cases unless another is named."""
    survey: Callable[[Path], Survey]
    """Finds the scans below a folder, by names and tables alone.

    Raises CohortError where the folder has not this layout."""
    labels: Mapping[str, str | None]
    """Class of the source -> label; None where the source does not say enough, so that the user has to."""
    unsaid: Mapping[str, str] = field(default_factory=dict)
    """Class of the source without a label -> why."""
    window: Window | None = None
    """What 0 and 255 stand for in its pictures of 8 bits, where the source says so."""
    remarks: tuple[str, ...] = ()
    """What every user of the cohort should know; goes into its description."""
    licence: str
    citation: str
    address: str


def children(folder: Path, *, folders: bool) -> list[Path]:
    """List the folders, or the files, directly below a folder, in natural order; hidden ones are passed over.

    Raises
    ------
    CohortError
        If the folder cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            named = [entry for entry in entries if not entry.name.startswith((".", "__MACOSX"))]
            chosen = [Path(entry.path) for entry in named if (entry.is_dir() if folders else entry.is_file())]
        return in_order(chosen)
    except OSError as error:
        raise CohortError(f"cannot list {folder}: {error.strerror}; check the path and its permissions") from error


def in_order(paths: Iterable[Path]) -> list[Path]:
    """Sort paths by name, numbers in names by value, so that 2 stands before 10."""
    return sorted(paths, key=lambda path: _parts(path.name))


def _parts(name: str) -> list[tuple[bool, int, str]]:
    parts = [part for part in re.split(r"([0-9]+)", name) if part]
    return [(False, int(part), part) if "0" <= part[0] <= "9" else (True, 0, part) for part in parts]


def slice_number(path: Path) -> int | None:
    """Give the last number in a picture's name, by which slices are ordered; None where there is none."""
    found = re.findall(r"[0-9]+", path.stem)
    return int(found[-1]) if found and len(found[-1]) < 10 else None


def safe_name(*parts: str) -> str:
    """Join parts to a name that is a file's on every system, with what else stood there as "_"."""
    joined = "-".join(re.sub(r"[^A-Za-z0-9._-]+", "_", part.strip()) for part in parts)
    return joined.strip("._-")[:120] or "unnamed"


def read_table(path: Path, needed: Sequence[str]) -> Iterator[dict[str, str]]:
    """Read the rows of a CSV table of the source.

    Parameters
    ----------
    path : UTF-8, with or without a byte order mark
    needed : columns that must be there

    Raises
    ------
    CohortError
        If it cannot be read or lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise CohortError(f"{path} has no column {', '.join(missing)}; give the table as it was published")
            for row in reader:
                yield {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CohortError(f"cannot read {path}: {error}; give the table as it was published") from error
