"""Sums and repeated numbers, by hand."""

import pytest

from pleura.evaluation.consistency.finding import Level
from pleura.evaluation.consistency.printed import parse_printed
from pleura.evaluation.consistency.rules.sums import Repeated, Sum, check_repeated, check_sum


@pytest.mark.parametrize(
    ("parts", "total", "levels"),
    [
        ([800, 227, 241], 1268, []),
        ([800, 227, 241], 1276, [Level.CONTRADICTION]),
        (["33.3 %", "33.3 %", "33.3 %"], "100 %", []),
        (["33.3 %", "33.3 %", "33.3 %"], "100.0 %", []),  # 33.35 each would be 100.05
        (["33.3 %", "33.3 %", "33.2 %"], "100.0 %", [Level.UNLIKELY]),  # cut off, each up to 33.4
        (["33.3 %", "33.3 %", "32.3 %"], "100.0 %", [Level.CONTRADICTION]),
    ],
)
def test_sums(parts: list[int | str], total: int | str, levels: list[Level]) -> None:
    named = {str(index): parse_printed(part) for index, part in enumerate(parts)}
    assert [one.level for one in check_sum(Sum("t", named, parse_printed(total)))] == levels


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        (["0.77", "0.774"], []),
        (["0.77", "0.78"], [Level.CONTRADICTION]),
        (["0.77", "0.776"], [Level.UNLIKELY]),  # cut off
        (["0.77", "77 %"], []),
        (["0.77", "0.771", "0.772"], [Level.CONTRADICTION]),
    ],
)
def test_one_number_in_several_places(values: list[str], levels: list[Level]) -> None:
    named = {str(index): parse_printed(value) for index, value in enumerate(values)}
    assert [one.level for one in check_repeated(Repeated("t", named))] == levels
