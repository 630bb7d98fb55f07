"""Tables of counts, by hand."""

import pytest

from pleura.errors import CohortError
from pleura.evaluation.consistency.finding import Level
from pleura.evaluation.consistency.printed import parse_printed
from pleura.evaluation.consistency.rules.grid import Grid, check_grid, parse_cell


def _grid(rows: dict[str, list[int | str]], **more: object) -> Grid:
    cells = {label: [parse_cell(cell) for cell in row] for label, row in rows.items()}
    return Grid("t", ["a", "b"], cells, **more)  # type: ignore[arg-type]


def _totals(*numbers: int) -> list[object]:
    return [parse_printed(number) for number in numbers]


def test_rows_columns_and_the_total() -> None:
    rows: dict[str, list[int | str]] = {"x": [1, 2], "y": [3, 4]}
    assert check_grid(_grid(rows, column_totals=_totals(4, 6), total=parse_printed(10))) == []
    found = check_grid(
        _grid(rows, column_totals=_totals(4, 7), row_totals={"x": parse_printed(3), "y": parse_printed(8)})
    )
    assert [one.where for one in found] == ["t, row y", "t, column b"]
    assert all(one.level is Level.CONTRADICTION for one in found)
    found = check_grid(_grid(rows, column_totals=_totals(4, 6), total=parse_printed(11)))
    assert [one.where for one in found] == ["t, column totals"]


def test_a_cell_that_is_not_told_leaves_only_too_much_to_be_found() -> None:
    assert check_grid(_grid({"x": [1, 2], "y": ["", 4]}, column_totals=_totals(9, 6))) == []
    found = check_grid(_grid({"x": [10, 2], "y": ["", 4]}, column_totals=_totals(9, 6)))
    assert [one.where for one in found] == ["t, column a"]


@pytest.mark.parametrize(
    ("share_of", "cell", "level"),
    [
        ("column", "1 (25.0%)", None),
        ("row", "1 (33.3%)", None),
        ("total", "1 (10.0%)", None),
        ("column", "1 (33.3%)", Level.CONTRADICTION),
        ("column", "1 (24%)", Level.CONTRADICTION),
        ("row", "1 (33.4%)", Level.CONTRADICTION),
    ],
)
def test_percentages(share_of: str, cell: str, level: Level | None) -> None:
    found = check_grid(_grid({"x": [cell, 2], "y": [3, 4]}, share_of=share_of))
    assert [one.level for one in found] == ([] if level is None else [level])


def test_a_percentage_cut_off() -> None:
    # 2 of 3 are 66.67 %: 66.6 is cut off.
    found = check_grid(_grid({"x": ["2 (66.6%)", 2], "y": [1, 4]}))
    assert [(one.level, one.expected) for one in found] == [(Level.UNLIKELY, "Expected: 66.67 %.")]


def test_what_is_no_count_is_refused() -> None:
    with pytest.raises(CohortError, match="no cell"):
        parse_cell("48.4%")
