"""A CSV file in, as a program or a spreadsheet writes it; its rows, every column a text, out."""

import csv
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from pleura.errors import CohortError

__all__ = ["read_rows", "yes_or_no"]

DELIMITERS = ",;\t"
YES = ("1", "true", "yes")
NO = ("0", "false", "no")
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")


def read_rows(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Read a table with a header line; every row has a text for every column, stripped of blanks.

    Columns are divided by commas; or, as spreadsheets write them in many countries, by semicolons or tabs, and then a
    number may have a decimal comma, which is read as a point. The header tells which. A first line `sep=;` and empty
    rows at the end, which spreadsheets leave, are passed over.

    Parameters
    ----------
    path : UTF-8, with or without a byte order mark
    needed : columns that must be there, and filled in every row

    Raises
    ------
    CohortError
        If the file cannot be read, is not such a table, or has no row.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CohortError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise CohortError(
            f"{path} is not in UTF-8 (byte {error.start + 1} is not); save it again as CSV UTF-8"
        ) from error
    hint = re.match(r"sep=.\r?\n", text)
    text = text[hint.end() :] if hint else text
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    try:
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
        numbered = [(reader.line_num + bool(hint), [field.strip() for field in row]) for row in reader if row]
    except csv.Error as error:
        raise CohortError(f"{path} is not a CSV file: {error}") from error
    while len(numbered) > 1 and not any(numbered[-1][1]):
        numbered.pop()
    columns = numbered[0][1] if numbered else []
    missing = [name for name in needed if name not in columns]
    if missing or len(set(columns)) < len(columns):
        wrong = f"no column {missing[0]}" if missing else "a column that stands twice"
        raise CohortError(f"{path} has {wrong}; its columns are {', '.join(columns) or 'none'}")
    if len(numbered) < 2:
        raise CohortError(f"{path} has a header and no rows; need one row or more")
    rows = []
    for line, texts in numbered[1:]:
        if len(texts) != len(columns):
            raise CohortError(f"{path}, row {line}: need {len(columns)} fields as in the header, got {len(texts)}")
        row = dict(zip(columns, texts if delimiter == "," else map(_with_point, texts), strict=True))
        empty = [name for name in needed if not row[name]]
        if empty:
            raise CohortError(f"{path}, row {line}: {empty[0]} is empty; fill it")
        rows.append(row)
    return rows


def _with_point(text: str) -> str:
    return text.replace(",", ".") if DECIMAL_COMMA.fullmatch(text) else text


def yes_or_no(values: Sequence[str], column: str) -> list[bool]:
    """Read fields that say 1, true, yes, or 0, false, no.

    Raises
    ------
    CohortError
        If a field says something else; the message names the column.
    """
    said = [text.lower() for text in values]
    strange = sorted(set(said) - set(YES) - set(NO))
    if strange:
        raise CohortError(f'column {column} says "{strange[0]}"; need 1, true, yes, or 0, false, no in every row')
    return [one in YES for one in said]
