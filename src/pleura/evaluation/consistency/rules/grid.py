"""A table of counts with its sums and percentages in; sums and percentages that are wrong out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from pleura.errors import CohortError
from pleura.evaluation.consistency.finding import Finding, Level, show
from pleura.evaluation.consistency.printed import Printed, Reading, parse_printed
from pleura.evaluation.consistency.rules.sums import Sum, check_sum

__all__ = ["SHARES", "Cell", "Grid", "check_grid", "parse_cell"]

SHARES = ("column", "row", "total")
"""Of what a percentage in a cell may be a share."""
_BOTH = re.compile(r"(\d+)\s*[(\[]\s*([\d.·]+)\s*%?\s*[)\]]")


@dataclass(frozen=True)
class Cell:
    """A count, with its percentage where one stands beside it; neither where it is not told."""

    count: Printed | None = None
    share: Printed | None = None


@dataclass(frozen=True)
class Grid:
    """A table of counts."""

    name: str
    columns: Sequence[str]
    rows: Mapping[str, Sequence[Cell]]
    column_totals: Sequence[Printed] | None = None
    row_totals: Mapping[str, Printed] = field(default_factory=dict)
    total: Printed | None = None
    share_of: str = "column"
    """What percentages are of: in `SHARES`."""


def parse_cell(text: str | int) -> Cell:
    """Read a cell: 617, "617 (48.4%)", or "" where it is not told.

    Examples
    --------
    >>> found = parse_cell("617 (48.4)")
    >>> found.count.value, found.share.text
    (Fraction(617, 1), '48.4 %')
    """
    plain = str(text).strip()
    if not plain:
        return Cell()
    both = _BOTH.fullmatch(plain)
    if both is not None:
        return Cell(parse_printed(int(both[1])), parse_printed(f"{both[2]} %"))
    count = parse_printed(plain)
    if not count.exact:
        raise CohortError(f'"{text}" is no cell of a table of counts; need 617 or "617 (48.4%)", or "" if not told')
    return Cell(count)


def check_grid(grid: Grid) -> list[Finding]:
    """Check that rows and columns add up, and that each percentage is its count's."""
    findings = []
    for label, cells in grid.rows.items():
        if label in grid.row_totals:
            findings += _adds_up(f"{grid.name}, row {label}", grid.columns, cells, grid.row_totals[label])
    if grid.column_totals is not None:
        for index, total in enumerate(grid.column_totals):
            cells = [row[index] for row in grid.rows.values()]
            findings += _adds_up(f"{grid.name}, column {grid.columns[index]}", list(grid.rows), cells, total)
    if grid.total is not None:
        sides = ("column totals", grid.columns, grid.column_totals), ("row totals", list(grid.rows), _in_order(grid))
        for side, names, totals in sides:
            if totals:
                findings += _adds_up(f"{grid.name}, {side}", names, [Cell(total) for total in totals], grid.total)
    return findings + _shares(grid)


def _in_order(grid: Grid) -> list[Printed] | None:
    found = [grid.row_totals[label] for label in grid.rows if label in grid.row_totals]
    return found if len(found) == len(grid.rows) else None


def _adds_up(where: str, names: Sequence[str], cells: Sequence[Cell], total: Printed) -> list[Finding]:
    known = {name: cell.count for name, cell in zip(names, cells, strict=True) if cell.count is not None}
    if len(known) == len(cells):
        return check_sum(Sum(where, known, total))
    if sum((count.value for count in known.values()), Fraction(0)) <= total.value:
        return []
    texts = (*(f"{name} {count.text}" for name, count in known.items()), f"total {total.text}")
    return [Finding(Level.CONTRADICTION, "parts add up to their total", where, texts, "These alone are more.")]


def _shares(grid: Grid) -> list[Finding]:
    findings = []
    for label, cells in grid.rows.items():
        for index, cell in enumerate(cells):
            whole = _whole(grid, label, index)
            if cell.count is None or cell.share is None or not whole:
                continue
            share = cell.count.value / whole
            fits = {one: _holds(cell.share, share, one) for one in Reading}
            if fits[Reading.ROUNDED]:
                continue
            level = Level.CONTRADICTION
            if fits[Reading.TIES_DOWN] or fits[Reading.CUT_OFF]:
                level = Level.NOTE if fits[Reading.TIES_DOWN] else Level.UNLIKELY
            findings.append(
                Finding(
                    level,
                    "a percentage is its count's share",
                    f"{grid.name}, {label}, {grid.columns[index]}",
                    (f"{cell.count.text} of {whole}", cell.share.text),
                    f"Expected: {show(share, cell.share)}.",
                )
            )
    return findings


def _holds(printed: Printed, value: Fraction, reading: Reading) -> bool:
    span = printed.range(reading)
    low = span.low < value if span.low_open else span.low <= value
    return low and (value < span.high if span.high_open else value <= span.high)


def _whole(grid: Grid, label: str, index: int) -> Fraction | None:
    """Give what a cell's percentage is a share of: a printed total, else the sum of counts where all are told."""
    if grid.share_of == "row":
        printed, cells = grid.row_totals.get(label), list(grid.rows[label])
    elif grid.share_of == "column":
        printed = None if grid.column_totals is None else grid.column_totals[index]
        cells = [row[index] for row in grid.rows.values()]
    else:
        printed, cells = grid.total, [cell for row in grid.rows.values() for cell in row]
    if printed is not None:
        return printed.value
    counts = [cell.count.value for cell in cells if cell.count is not None]
    return sum(counts, Fraction(0)) if len(counts) == len(cells) else None
