"""A go-live report or a drift report in, tables on the terminal out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pleura.cli.evaluation_supplement_tables import print_calibration

if TYPE_CHECKING:
    from pleura.evaluation.drift.watch import DriftReport
    from pleura.evaluation.site.assess import SiteReport
    from pleura.evaluation.site.subgroups import Subgroups

__all__ = ["print_drift", "print_site"]


def print_site(report: SiteReport) -> None:
    """Print goals, cut-off, calibration and subgroups."""
    console = Console(width=None if Console().is_terminal else 120)
    console.print(
        f"{report.cases} cases of {report.patients} patients; {report.condition} called {report.call}\n",
        markup=False,
        highlight=False,
    )
    table = _table("measure", "found", "goal", "", "further cases (consecutive patients)")
    for one in report.goals:
        more = f"{one.more_as_found} to {one.more_at_worst} ({one.more_in_all})" if one.more_at_worst else "none"
        verdict = {"reached": "reached", "missed": "MISSED", "open": "not shown yet"}[one.verdict]
        table.add_row(one.measure, one.shown, f"{one.goal:g}", verdict, more)
    console.print(table)
    console.print(f"\nAUC {report.now.auc}", highlight=False)
    if report.outside is not None:
        console.print(f"out of distribution {report.outside}", highlight=False)
    if report.retuned is None:
        console.print(f"no cut-off: {report.no_cut_off}", markup=False, highlight=False)
    else:
        held = report.retuned.held_out
        console.print(
            f"cut-off here ({report.retuned.cut_off.rule}): {report.retuned.cut_off.threshold:.4g}; held out, "
            f"sensitivity {held.sensitivity}, specificity {held.specificity}",
            highlight=False,
        )
    console.print()
    print_calibration(report.calibration)
    if report.recalibrated is None:
        console.print(f"no recalibration: {report.no_recalibration}", markup=False, highlight=False)
    else:
        worth = "worth it" if report.recalibrated.worth_it else "no gain shown"
        kind = report.recalibrated.recalibration.kind
        console.print(
            f"recalibration ({kind}) gains {report.recalibrated.gain} in log loss, held out: {worth}\n",
            highlight=False,
        )
    if report.subgroups is not None:
        _subgroups(console, report.subgroups)
    for note in report.notes:
        console.print(f"- {note}", markup=False, highlight=False)


def print_drift(report: DriftReport) -> None:
    """Print what has changed, shares before and now, and every test with its limit."""
    console = Console(width=None if Console().is_terminal else 120)
    sizes = f"{len(report.later.called)} later patients against {len(report.reference.called)}"
    console.print(f"{sizes}; {report.condition} called {report.call}\n", markup=False, highlight=False)
    if report.alarms:
        console.print(f"CHANGED: {', '.join(report.alarms)}\n", style="bold red", markup=False, highlight=False)
    else:
        console.print("no change is shown; that is no proof that there is none\n", highlight=False)
    table = _table("share", "reference", "later", "change")
    for one in (*report.shares, *(each.share for each in report.truths if each.share is not None)):
        table.add_row(one.name, str(one.reference), str(one.later), str(one.change))
    console.print(table)
    console.print()
    table = _table("of", "statistic", "found", "by chance", "alarm above", "p, all together", "")
    for test in report.answers:
        found = test.test
        row = (f"{one:.3f}" for one in (found.value, found.by_chance, found.limit, found.adjusted))
        table.add_row(escape(test.of), test.statistic, *row, "CHANGED" if test.alarm else "not shown")
    console.print(table)
    console.print()
    if report.truths:
        table = _table("truths", "promised", "later", "evidence that it is lower", "alarm from", "")
        for truth in report.truths:
            verdict = "not shown" if truth.alarm_at is None else f"LOWER after {truth.alarm_at} patients"
            evidence = f"{truth.evidence[-1]:.3g}, greatest {truth.evidence.max():.3g}"
            later, alarm = str(truth.later), f"{truth.alarm_from:g}"
            table.add_row(truth.measure, f"{truth.promised:g}", later, evidence, alarm, verdict)
        console.print(table)
        console.print()
    for note in report.notes:
        console.print(f"- {note}", markup=False, highlight=False)


def _subgroups(console: Console, subgroups: Subgroups) -> None:
    table = _table("subgroup", "cases", "sensitivity", "specificity", "against the rest, p by Holm")
    for one in subgroups.groups:
        said = [f"{test.measure} {test.comparison.difference:+.2f}, p {_p(test.adjusted)}" for test in one.tests]
        text = "too few to say" if one.too_small else "; ".join(said)
        result = one.result
        table.add_row(
            escape(f"{one.column}: {one.level}"),
            str(one.cases),
            str(result.sensitivity or "-"),
            str(result.specificity or "-"),
            text,
        )
    console.print(table)
    found = ", ".join(f"{group.column} {group.level} ({test.measure})" for group, test in subgroups.differing)
    differ = found or "none, which is no proof that all are alike"
    console.print(f"\n{subgroups.tests} tests; different: {differ}\n", markup=False, highlight=False)


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, pad_edge=False)
