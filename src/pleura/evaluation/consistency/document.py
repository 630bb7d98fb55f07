"""A file of reported numbers, TOML or JSON, in; tests, classes, sums, tables and repeated numbers out.

Numbers keep the digits that they are written with: 0.90 is a number of two decimals, in quotes or not.
"""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pleura.errors import CohortError
from pleura.evaluation.consistency.printed import Measure, Printed, parse_measure, parse_printed
from pleura.evaluation.consistency.rules.grid import SHARES, Grid, parse_cell
from pleura.evaluation.consistency.rules.intervals import METHODS
from pleura.evaluation.consistency.rules.several import MEANS, Classes
from pleura.evaluation.consistency.rules.sums import Repeated, Sum
from pleura.evaluation.consistency.solver.claims import Test
from pleura.evaluation.consistency.solver.measures import ALIASES, CHANCE_CORRECTED, COUNTS, MEASURES, RATES

__all__ = ["Document", "parse_document", "read_document"]

Part = TypeVar("Part")
Table = Mapping[str, Any]


@dataclass(frozen=True)
class Document:
    """All numbers of one report."""

    title: str
    source: str
    """Where they were printed: a DOI, a page, a table."""
    tests: tuple[Test, ...] = ()
    classes: tuple[Classes, ...] = ()
    sums: tuple[Sum, ...] = ()
    tables: tuple[Grid, ...] = ()
    repeated: tuple[Repeated, ...] = ()


def read_document(path: Path) -> Document:
    """Read a file of reported numbers; JSON by its ending, else TOML.

    Raises
    ------
    CohortError
        If the file cannot be read, is no such file, or has a key that is not known.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CohortError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise CohortError(f"{path} is not in UTF-8: {error}") from error
    try:
        table = json.loads(text, parse_float=str) if path.suffix == ".json" else tomllib.loads(text, parse_float=str)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise CohortError(f"{path} is not {kind}: {error}") from error
    try:
        return parse_document(table)
    except CohortError as error:
        raise CohortError(f"{path}: {error}") from error


def parse_document(table: object) -> Document:
    """Take a document from plain tables, as TOML or JSON give them.

    Raises
    ------
    CohortError
        If something is missing, not known, or of the wrong kind.
    """
    top = _table(table, "the file", ("format", "title", "source", "test", "classes", "sum", "table", "repeated"))
    if top.get("format") != 1:
        raise CohortError(f"format = {top.get('format')}; need format = 1")
    found = Document(
        title=_text(top, "title", "the file"),
        source=_text(top, "source", "the file"),
        tests=_each(top, "test", _test),
        classes=_each(top, "classes", _classes),
        sums=_each(top, "sum", _sum),
        tables=_each(top, "table", _grid),
        repeated=_each(top, "repeated", _repeated),
    )
    if not (found.tests or found.classes or found.sums or found.tables or found.repeated):
        raise CohortError("there is nothing to check; need [[test]], [[classes]], [[sum]], [[table]] or [[repeated]]")
    return found


def _each(top: Table, key: str, parse: Callable[[Table, str], Part]) -> tuple[Part, ...]:
    value = top.get(key, [])
    if not isinstance(value, list):
        raise CohortError(f"{key} is one table; need a list of them: write [[{key}]]")
    return tuple(parse(one, f"{key} {number}") for number, one in enumerate(value, start=1))


def _test(value: Table, where: str) -> Test:
    measured = (*MEASURES, *RATES, *CHANCE_CORRECTED)
    known = ("name", "auc", "cases_at_most", "runs", "method", "confidence", *COUNTS, *measured, *ALIASES)
    table = {ALIASES.get(key, key): one for key, one in _table(value, where, known).items()}
    if len(table) < len(value):
        twice = next(key for key in value if ALIASES.get(key, key) != key and ALIASES[key] in value)
        raise CohortError(f"{where}: {twice} and {ALIASES[twice]} are one thing; give it once")
    name = _text(table, "name", where) or where
    method = table.get("method")
    if method is not None and method not in METHODS:
        raise CohortError(f'{where}: method = "{method}"; known are {", ".join(METHODS)}, or leave it out')
    measures = {key: _measure(table[key], f"{where}, {key}") for key in table if key in measured}
    for key, one in measures.items():
        if one.counts is not None and (key not in MEASURES or key in ("f1", "jaccard")):
            raise CohortError(f"{where}: {key} = {one.text!r}; it is no share of cases, so leave the counts out")
    try:
        confidence = float(table.get("confidence", 0.95))
    except (TypeError, ValueError) as error:
        raise CohortError(f"{where}: confidence = {table['confidence']!r}; need a number such as 0.95") from error
    if not 0 < confidence < 1:
        raise CohortError(f"{where}: confidence = {confidence}; need one between 0 and 1")
    return Test(
        name=name,
        counts={key: _count(table[key], f"{where}, {key}") for key in table if key in COUNTS},
        measures=measures,
        auc=_measure(table["auc"], f"{where}, auc") if "auc" in table else None,
        cases_at_most=_count(table["cases_at_most"], f"{where}, cases_at_most") if "cases_at_most" in table else None,
        runs=max(1, _count(table.get("runs", 1), f"{where}, runs")),
        method=method,
        confidence=confidence,
    )


def _classes(value: Table, where: str) -> Classes:
    means = {f"{kind}_{measure}": (kind, measure) for kind in MEANS for measure in MEASURES}
    means |= {
        f"{kind}_{alias}": (kind, ALIASES[alias]) for kind in MEANS for alias in ALIASES if ALIASES[alias] in MEASURES
    }
    table = _table(value, where, ("name", "cases", "accuracy", "class", "confusion", *means))
    classes = {
        name: _test({**_table(one, f"{where}, class {name}", None), "name": name}, f"{where}, class {name}")
        for name, one in _table(table.get("class", {}), f"{where}, class", None).items()
    }
    if len(classes) < 2:
        raise CohortError(f"{where} has {len(classes)} classes; need two or more, each a table [classes.class.NAME]")
    confusion = table.get("confusion")
    if confusion is not None:
        square = isinstance(confusion, list) and [len(row) if isinstance(row, list) else 0 for row in confusion] == [
            len(classes)
        ] * len(classes)
        if not square:
            raise CohortError(f"{where}: confusion is no table of {len(classes)} times {len(classes)} counts")
        confusion = [[_count(cell, f"{where}, confusion") for cell in row] for row in confusion]
    return Classes(
        name=_text(table, "name", where) or where,
        classes=classes,
        cases=_count(table["cases"], f"{where}, cases") if "cases" in table else None,
        accuracy=_measure(table["accuracy"], where).value if "accuracy" in table else None,
        means={key: _number(table[name], f"{where}, {name}") for name, key in means.items() if name in table},
        confusion=confusion,
    )


def _sum(value: Table, where: str) -> Sum:
    table = _table(value, where, ("name", "parts", "total"), need=("parts", "total"))
    parts = _table(table["parts"], f"{where}, parts", None)
    return Sum(
        _text(table, "name", where) or where,
        {name: _number(one, f"{where}, {name}") for name, one in parts.items()},
        _number(table["total"], f"{where}, total"),
    )


def _repeated(value: Table, where: str) -> Repeated:
    table = _table(value, where, ("name", "values"), need=("values",))
    values = _table(table["values"], f"{where}, values", None)
    return Repeated(
        _text(table, "name", where) or where, {name: _number(one, f"{where}, {name}") for name, one in values.items()}
    )


def _grid(value: Table, where: str) -> Grid:
    known = ("name", "columns", "rows", "column_totals", "row_totals", "total", "share_of")
    table = _table(value, where, known, need=("columns", "rows"))
    columns = [str(name) for name in _list(table["columns"], f"{where}, columns")]
    rows = {
        label: [parse_cell(cell) for cell in _list(cells, f"{where}, row {label}", len(columns))]
        for label, cells in _table(table["rows"], f"{where}, rows", None).items()
    }
    row_totals = _table(table.get("row_totals", {}), f"{where}, row_totals", tuple(rows))
    share_of = table.get("share_of", "column")
    if share_of not in SHARES:
        raise CohortError(f'{where}: share_of = "{share_of}"; known are {", ".join(SHARES)}')
    totals = table.get("column_totals")
    return Grid(
        name=_text(table, "name", where) or where,
        columns=columns,
        rows=rows,
        column_totals=None
        if totals is None
        else [_number(one, where) for one in _list(totals, f"{where}, column_totals", len(columns))],
        row_totals={label: _number(one, where) for label, one in row_totals.items()},
        total=_number(table["total"], where) if "total" in table else None,
        share_of=share_of,
    )


def _table(value: object, where: str, known: tuple[str, ...] | None, need: tuple[str, ...] = ()) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise CohortError(f"{where} is {value!r}; need a table of names and values")
    strange = [key for key in value if known is not None and key not in known]
    if strange and known is not None:
        raise CohortError(f'{where} has "{strange[0]}", which is not known; known are {", ".join(known)}')
    missing = [key for key in need if key not in value]
    if missing:
        raise CohortError(f"{where} has no {missing[0]}; it needs {' and '.join(need)}")
    return dict(value)


def _list(value: object, where: str, length: int | None = None) -> list[Any]:
    if not isinstance(value, list) or (length is not None and len(value) != length):
        raise CohortError(f"{where} is {value!r}; need a list" + (f" of {length}" if length is not None else ""))
    return value


def _text(table: Table, key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise CohortError(f"{where}: {key} = {value!r}; need a text")
    return value


def _count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CohortError(f"{where} = {value!r}; need a whole number, 0 or more, without quotes")
    return value


def _number(value: object, where: str) -> Printed:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise CohortError(f"{where} = {value!r}; need a number")
    return parse_printed(value)


def _measure(value: object, where: str) -> Measure:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise CohortError(f'{where} = {value!r}; need a text as printed, such as "0.98 (0.97-0.99)"')
    return parse_measure(value)
