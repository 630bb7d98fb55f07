"""A reader study's results in, tables on the terminal out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pleura.evaluation.readers.contrasts import Contrast
    from pleura.evaluation.readers.results import StudyResult
    from pleura.evaluation.readers.times.compare import TimeResult

__all__ = ["print_study"]

MERITS = ("auc", "sensitivity", "specificity")
MOST = 20
"""Readers up to which each has a line."""


def print_study(result: StudyResult) -> None:
    """Print points, means and votes, differences between conditions and tiers, the program, times, and the notes."""
    from pleura.evaluation.output.plain import SIMULATED

    console = Console(width=None if Console().is_terminal else 160)
    if result.simulated:
        console.print(SIMULATED, style="bold red", highlight=False)
    console.print(
        f"{len(result.readers)} readers, {len(result.conditions)} conditions, {result.positives} cases with and "
        f"{result.negatives} without the condition",
        highlight=False,
    )
    if len(result.readers) <= MOST:
        _points(console, result)
    _means(console, result)
    _contrasts(console, "difference of conditions", result.between_conditions, result.tests)
    _contrasts(console, "difference of tiers", result.between_tiers)
    _contrasts(console, "difference from the program", result.against_mean)
    if len(result.readers) <= MOST:
        _contrasts(console, "difference from each reader", result.against_each)
    if result.times is not None:
        _times(console, result.times)
    left_out = [f"{len(result.readers)} readers are too many to print each; --out and --json have them."]
    for note in (*(left_out if len(result.readers) > MOST else []), *result.notes):
        console.print(f"- {note}", markup=False, highlight=False)


def _points(console: Console, result: StudyResult) -> None:
    table = _table("reader", "condition", *MERITS)
    for point in (*result.points, *([result.program] if result.program else [])):
        found = (getattr(point, merit) for merit in MERITS)
        table.add_row(escape(point.reader), escape(point.condition), *(str(one or "-") for one in found))
    console.print(table)
    console.print()


def _means(console: Console, result: StudyResult) -> None:
    table = _table("mean or vote", "condition", *MERITS)
    for group in ("all readers", *result.tiers):
        for condition in result.conditions:
            found = {
                one.mean.merit: one.mean
                for one in result.means
                if (one.group, one.mean.name, one.mean.analysis) == (group, condition, "random")
            }
            if found:
                table.add_row(
                    f"mean, {escape(group)}", escape(condition), *(str(found.get(merit, "-")) for merit in MERITS)
                )
    for vote in result.votes:
        cells = "-", str(vote.sensitivity), str(vote.specificity)
        table.add_row(f"vote, {escape(vote.group)}", escape(vote.condition), *cells)
    console.print(table)
    console.print()


def _contrasts(console: Console, title: str, rows: Sequence[Contrast], tests: Sequence[Contrast] = ()) -> None:
    if not rows:
        return
    table = _table(title, "analysis", *MERITS)
    found = {(one.name, one.analysis, one.merit): f"{one} p {_p(one.p)}" for one in rows}
    found |= {(one.name, one.analysis, one.merit): f"p {_p(one.p)}" for one in tests if len(rows) > len(tests) * 2}
    for name, analysis in dict.fromkeys((name, analysis) for name, analysis, _ in found):
        table.add_row(escape(name), analysis, *(found.get((name, analysis, merit), "-") for merit in MERITS))
    console.print(table)
    console.print()


def _times(console: Console, times: TimeResult) -> None:
    table = _table("seconds", "condition", "mean (SD)", "geometric mean", "readings")
    for one in times.summaries:
        spread = "" if one.deviation is None else f" ({one.deviation:.1f})"
        cells = f"{one.mean:.1f}{spread}", f"{one.geometric_mean:.1f}", str(one.readings)
        table.add_row(escape(one.group), escape(one.condition), *cells)
    console.print(table)
    console.print()
    rows = (*times.conditions, *times.tiers, *times.program)
    if rows:
        table = _table("ratio of times", "value", "df", "p")
        for ratio in rows:
            value = f"{ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"
            table.add_row(escape(ratio.name), value, f"{ratio.df:.1f}", _p(ratio.p))
        console.print(table)
        console.print()


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, pad_edge=False, header_style="bold")
