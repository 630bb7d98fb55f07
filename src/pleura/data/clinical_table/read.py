"""A CSV table of cases, or one patient's CSV row or JSON object, in; clinical values in known units out."""

import json
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path

import numpy as np

from pleura.data.clinical_table.cells import Column, cell_value, header_column, header_feature
from pleura.data.clinical_table.schema import Schema
from pleura.data.clinical_table.table import ClinicalTable
from pleura.errors import CohortError
from pleura.evaluation.predictions import read_cases
from pleura.evaluation.rows import read_rows

__all__ = ["read_patient", "read_table"]

IMPOSSIBLE = ("refuse", "missing")
FILLED = ("truth", "label")
"""Kept columns whose cells must not be empty."""


def read_table(
    path: Path, schema: Schema, *, keep: Sequence[str] = (), impossible: str = "refuse", patient: str = "patient"
) -> ClinicalTable:
    """Read a clinical table.

    A header is a feature's name or one of its other headers, and may end in a unit in brackets: "crp [mg/dL]". Columns
    that the schema does not know are not read. Without a column `case` rows are named by their line: "row-2" is the
    first.

    Parameters
    ----------
    path : a CSV file in UTF-8 with a header line
    schema : every one of its features needs a column
    keep : columns to keep as text
    impossible : "refuse" a value that no person can have; or take it for "missing", and name it in `dropped`
    patient : the column that says which rows are of one person, where there is one

    Raises
    ------
    CohortError
        If the file cannot be read, lacks a column, has two for one feature, or a cell holds what it cannot.
    """
    if impossible not in IMPOSSIBLE:
        raise CohortError(f'impossible = "{impossible}"; known are {", ".join(IMPOSSIBLE)}')
    rows = read_rows(path, [name for name in keep if name in FILLED])
    columns = _columns(list(rows[0]), schema, path)
    absent = [name for name in schema.names if name not in columns]
    if absent:
        raise CohortError(
            f"{path} has no column for {', '.join(absent)}; add it (its cells may be empty), or take the feature out "
            f"of the schema {schema.name}. The columns are {', '.join(rows[0])}"
        )
    lost = [name for name in keep if name not in rows[0]]
    if lost:
        raise CohortError(f"{path} has no column {lost[0]}; its columns are {', '.join(rows[0])}")
    values = np.empty((len(rows), len(schema.names)))
    dropped: list[str] = []
    for line, row in enumerate(rows, start=2):
        for place, name in enumerate(schema.names):
            header, column = columns[name]
            try:
                values[line - 2, place] = cell_value(row[header], column, schema.missing)
            except CohortError as error:
                whose = f"row {line} (case {row['case']})" if "case" in row else f"row {line}"
                if impossible == "refuse":
                    raise CohortError(f"{path}, {whose}: {error}") from error
                values[line - 2, place] = np.nan
                dropped.append(f"{whose}: {error}")
    cases = read_cases(rows, path) if "case" in rows[0] else tuple(f"row-{n}" for n in range(2, len(rows) + 2))
    return ClinicalTable(
        schema=schema,
        cases=cases,
        values=values,
        patients=_patients(rows, patient, path),
        kept={name: tuple(row[name] for row in rows) for name in keep},
        dropped=tuple(dropped),
    )


def read_patient(path: Path, schema: Schema) -> dict[str, float]:
    """Read one patient's values from a CSV file with one row, or a JSON object of header -> value.

    Headers are as in `read_table`, units in brackets too. What the file does not name was not measured.

    Parameters
    ----------
    path : ends in .json, or is a CSV file
    schema : of the model that is asked

    Returns
    -------
    Name of the feature -> number as in `ClinicalTable.values`; without those that are missing.

    Raises
    ------
    CohortError
        If the file cannot be read, has more than one row, knows none of the features, or a value is impossible.
    """
    cells = _json_cells(path) if path.suffix.lower() == ".json" else _csv_cells(path)
    columns = _columns(list(cells), schema, path)
    if not columns:
        raise CohortError(
            f"{path} has none of the features of the schema {schema.name}: {', '.join(schema.names)}; it has "
            f"{', '.join(cells) or 'nothing'}"
        )
    found = {}
    for name, (header, column) in columns.items():
        try:
            found[name] = cell_value(cells[header], column, schema.missing)
        except CohortError as error:
            raise CohortError(f"{path}: {error}") from error
    return {name: found[name] for name in schema.names if name in found and not isnan(found[name])}


def _columns(headers: Sequence[str], schema: Schema, path: Path) -> dict[str, tuple[str, Column]]:
    """Give feature -> header and what it means.

    A column in an unknown unit, such as lymphocytes in percent, is refused only where no other column has the feature.
    """
    found: dict[str, tuple[str, Column]] = {}
    refused: dict[str, CohortError] = {}
    for header in headers:
        try:
            column = header_column(header, schema)
        except CohortError as error:
            refused[header_feature(header, schema) or ""] = error
            continue
        if column is None:
            continue
        if column.name in found:
            raise CohortError(f'{path}: columns "{found[column.name][0]}" and "{header}" both mean {column.name}')
        found[column.name] = (header, column)
    for name, reason in refused.items():
        if name not in found:
            raise CohortError(f"{path}: {reason}") from reason
    return found


def _patients(rows: Sequence[Mapping[str, str]], column: str, path: Path) -> tuple[str, ...] | None:
    if column not in rows[0]:
        return None
    names = tuple(row[column] for row in rows)
    if "" in names:
        raise CohortError(f"{path}, row {names.index('') + 2}: {column} is empty; fill it in every row")
    return names


def _csv_cells(path: Path) -> dict[str, str]:
    rows = read_rows(path, ())
    if len(rows) != 1:
        raise CohortError(f"{path} has {len(rows)} rows; need a header and the one row of the patient")
    return rows[0]


def _json_cells(path: Path) -> dict[str, str]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CohortError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise CohortError(f"{path} is not JSON in UTF-8: {error}") from error
    if not isinstance(table, dict):
        raise CohortError(f"{path} holds {type(table).__name__}; need one object of header and value")
    cells = {}
    for header, value in table.items():
        if value is not None and not isinstance(value, bool | int | float | str):
            raise CohortError(f"{path}: {header} = {value!r}; need a number, a text, true, false or null")
        cells[header] = "" if value is None else str(value)
    return cells
