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


def print_study(result: StudyResult) -> None:
    """Print points, means and votes, differences between conditions and tiers, the program, times, and the notes."""
    from pleura.evaluation.output.plain import SIMULATED

    console = Console(soft_wrap=True)
    if result.simulated:
        console.print(SIMULATED, style="bold red", highlight=False)
    console.print(
        f"{len(result.readers)} readers, {len(result.conditions)} conditions, {result.positives} cases with and "
        f"{result.negatives} without the condition",
        highlight=False,
    )
    _points(console, result)
    _means(console, result)
    _contrasts(console, "conditions", result.between_conditions)
    _contrasts(console, "tiers", result.between_tiers)
    _contrasts(console, "program", result.against_mean)
    _contrasts(console, "program and each reader", result.against_each)
    if result.times is not None:
        _times(console, result.times)
    for note in result.notes:
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


def _contrasts(console: Console, title: str, rows: Sequence[Contrast]) -> None:
    if not rows:
        return
    table = _table(title, "of", "analysis", "difference", "df", "p")
    for one in rows:
        df = "-" if one.df is None else f"{one.df:.1f}"
        table.add_row(escape(one.name), one.merit, one.analysis, str(one), df, _p(one.p))
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
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(columns):
        table.add_column(name, no_wrap=True, justify="left" if index == 0 else "right")
    return table
