"""Several cohorts in, one cohort out that holds all their cases under names of their own."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pleura import __version__
from pleura.data.clinical import read_clinical
from pleura.data.cohort import COLUMNS, Cohort, read_cohort
from pleura.data.linking import link_or_copy
from pleura.data.public.found import safe_name
from pleura.data.unfinished import open_unfinished
from pleura.errors import CohortError
from pleura.models.toml_write import to_toml
from pleura.whole_file import write_rows, write_text

__all__ = ["Joined", "join_cohorts"]

_MASKS = ("lungs", "lesions", "lobes")


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What the cohorts came to together."""

    cases: int
    patients: int


def join_cohorts(folders: Sequence[Path], out: Path, *, copy: bool = False) -> Joined:
    """Make one cohort of several; `out` appears only when it is whole.

    Cases and patients get the name of their cohort in front, so that patient 7 of one is not patient 7 of another.
    Splits, labels, hospitals and all further columns stay. Files are linked (hard links), or copied where that cannot
    be. An interrupted run leaves a folder beside `out`, and the same call goes on with it.

    Parameters
    ----------
    folders : of the cohorts, two or more, each with a name of its own in its `cohort.toml`
    out : a folder that does not exist yet, or is empty
    copy : copy all files

    Raises
    ------
    CohortError
        If there are fewer than two, two have one name, synthetic cases would stand beside patients, or one of them
        cannot be read.
    OutputError
        If `out` holds something or cannot be written.
    """
    if len(folders) < 2:
        raise CohortError(f"{len(folders)} cohort; need at least two to join")
    cohorts = [read_cohort(folder, classes=()) for folder in folders]
    twice = [name for name, count in Counter(cohort.name for cohort in cohorts).items() if count > 1]
    if twice:
        raise CohortError(f"two cohorts are called {twice[0]}; give each its own name in its cohort.toml")
    if len({cohort.synthetic for cohort in cohorts}) > 1:
        drawn = ", ".join(cohort.name for cohort in cohorts if cohort.synthetic)
        raise CohortError(f"{drawn}: synthetic cases, which would stand beside patients; join only cohorts of one kind")
    arguments = {"folders": [str(folder.resolve()) for folder in folders], "copy": copy}
    with open_unfinished(out, arguments, maker=f"pleura {__version__} join") as unfinished:
        target = unfinished.folder
        rows: list[dict[str, str]] = []
        clinical: list[dict[str, str]] = []
        taken: set[str] = set()
        for cohort in cohorts:
            rows += _bring_cases(cohort, target, taken, copy)
            clinical += _bring_clinical(cohort)
        names = dict.fromkeys(COLUMNS, "")
        write_rows(target / "cases.csv", [names | row for row in rows])
        if clinical:
            write_rows(target / "clinical.csv", clinical)
        write_text(target / "cohort.toml", to_toml(_about(cohorts, out.name)))
        unfinished.finish(out)
    return Joined(cases=len(rows), patients=len({row["patient"] for row in rows}))


def _bring_cases(cohort: Cohort, target: Path, taken: set[str], copy: bool) -> list[dict[str, str]]:
    """Link the files of a cohort's cases, and give their rows with the new names and paths."""
    written = {row["case"]: row for row in _rows(cohort.folder / "cases.csv")}
    rows = []
    for case in cohort.cases:
        name = _new_name(cohort, case.case)
        stem = _stem(name, taken)
        row = written[case.case] | {"case": name, "patient": _new_name(cohort, case.patient)}
        row["study"] = f"studies/{stem}{_ending(case.study)}"
        pairs = [(case.study, row["study"])]
        for kind in _MASKS:
            mask: Path | None = getattr(case, kind)
            if mask is not None:
                row[kind] = f"masks/{stem}-{kind}{_ending(mask)}"
                pairs.append((mask, row[kind]))
        for source, path in pairs:
            for file in _files(source):
                link_or_copy(file, target / path / file.relative_to(source), copy=copy)
        rows.append(row)
    return rows


def _bring_clinical(cohort: Cohort) -> list[dict[str, str]]:
    """Give the rows of a cohort's clinical data, if it has any, with the new names."""
    if read_clinical(cohort.folder) is None:
        return []
    rows = _rows(cohort.folder / "clinical.csv")
    return [row | {name: _new_name(cohort, row[name]) for name in ("case", "patient") if row.get(name)} for row in rows]


def _rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table that has been checked."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _new_name(cohort: Cohort, name: str) -> str:
    return f"{cohort.name}-{name}"


def _stem(name: str, taken: set[str]) -> str:
    """Make a name fit for files that no other case's files have."""
    plain = stem = safe_name(name)
    number = 1
    while stem.lower() in taken:
        number += 1
        stem = f"{plain}-{number}"
    taken.add(stem.lower())
    return stem


def _ending(path: Path) -> str:
    """Give the ending of a NIfTI file, or of a single DICOM file; a folder has none."""
    if path.is_dir():
        return ""
    return ".nii.gz" if path.name.lower().endswith(".nii.gz") else path.suffix


def _files(source: Path) -> list[Path]:
    return [file for file in sorted(source.rglob("*")) if file.is_file()] if source.is_dir() else [source]


def _about(cohorts: Sequence[Cohort], name: str) -> dict[str, object]:
    parts = [f"{cohort.name} ({cohort.description})" if cohort.description else cohort.name for cohort in cohorts]
    return {
        "format": 1,
        "name": name,
        "generator": "; ".join(dict.fromkeys(cohort.generator for cohort in cohorts if cohort.generator)),
        "seed": 0,
        "synthetic": cohorts[0].synthetic,
        "description": f"{len(cohorts)} cohorts joined: " + "; ".join(parts),
    }
