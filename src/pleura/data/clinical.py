"""A cohort's folder in, the cells of its `clinical.csv` out."""

import csv
from pathlib import Path

from pleura.errors import CohortError

__all__ = ["NAMES", "read_clinical"]

NAMES = ("case", "patient", "age_years", "sex")
"""Columns that say whose the row is; the others are what was measured."""


def read_clinical(folder: Path) -> dict[str, dict[str, str]] | None:
    """Read the clinical data of a cohort as they are written.

    Parameters
    ----------
    folder : of the cohort

    Returns
    -------
    Case -> what was measured -> its cell, empty where it was not; None where the cohort has no clinical data.

    Raises
    ------
    CohortError
        If the file cannot be read, has no column `case`, or a row does not fit its header or names its case again.
    """
    path = folder / "clinical.csv"
    if not path.exists():
        return None
    cells: dict[str, dict[str, str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if "case" not in (reader.fieldnames or ()):
                raise CohortError(f"{path}: no column case; a row of clinical data belongs to a case of cases.csv")
            for row in reader:
                if None in row or None in row.values():
                    raise CohortError(f"{path}, line {reader.line_num}: not as many fields as the header has")
                if row["case"] in cells:
                    raise CohortError(f"{path}, line {reader.line_num}: case {row['case']} has a row already")
                cells[row["case"]] = {name: cell.strip() for name, cell in row.items() if name not in NAMES}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CohortError(f"cannot read {path}: {error}") from error
    return cells
