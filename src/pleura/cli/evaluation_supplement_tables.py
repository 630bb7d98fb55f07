"""Calibration, cut-offs, comparisons and repeated runs in, tables on the terminal out."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pleura.evaluation.calibration.assess import CalibrationReport
    from pleura.evaluation.comparison.areas import Comparison
    from pleura.evaluation.comparison.predictions import ComparisonReport
    from pleura.evaluation.cutoffs.apply import AppliedCutOff
    from pleura.evaluation.repeated.runs import Spread
    from pleura.evaluation.supplement import Supplement

__all__ = ["print_calibration", "print_comparison", "print_cut_offs", "print_runs", "print_supplement"]


def print_supplement(found: Supplement) -> None:
    """Print what was asked for beyond the usual."""
    console = _console()
    if found.predictive:
        table = _table("class", "prevalence", "PPV there", "NPV there")
        for name, one in found.predictive.items():
            table.add_row(escape(name), f"{one.prevalence:g}", str(one.ppv or "-"), str(one.npv or "-"))
        _show(console, table)
    if found.partial:
        table = _table("class", "range", "partial AUC", "corrected (McClish)")
        for name, part in found.partial.items():
            span = f"{part.axis} {part.low:g} to {part.high:g}"
            table.add_row(escape(name), span, str(part.area), str(part.corrected))
        _show(console, table)
    if found.calibration is not None:
        print_calibration(found.calibration)
    if found.decisions:
        table = _table("class", "prevalence", "surely better than treating all or none at", "net benefit at 0.5")
        for name, curve in found.decisions.items():
            useful = curve.useful
            span = "none for sure" if useful is None else f"{useful[0]:.2f} to {useful[1]:.2f}"
            at = int(abs(curve.thresholds - 0.5).argmin())
            ends = "no interval" if isnan(curve.low[at]) else f"{curve.low[at]:.3f} to {curve.high[at]:.3f}"
            benefit = f"{curve.model[at]:.3f} ({ends})"
            table.add_row(escape(name), f"{curve.prevalence:.2f}", span, benefit)
        _show(console, table)
    if found.cut_offs:
        print_cut_offs(found.cut_offs)


def print_calibration(report: CalibrationReport) -> None:
    """Print slope, intercept, calibration error beside what chance gives, and Brier score of each class."""
    console = _console()
    table = _table("class", "said", "observed", "intercept", "slope", "ECE (by chance)", "Brier (skill)")
    for one in report.classes:
        slope = one.slope
        skill = "-" if one.brier.skill is None else f"{one.brier.skill:.2f}"
        table.add_row(
            escape(one.name),
            "-" if slope is None else f"{slope.said:.3f}",
            "-" if slope is None else f"{slope.observed:.3f}",
            "-" if slope is None else str(slope.intercept),
            "-" if slope is None else str(slope.slope),
            f"{one.error.expected:.3f} ({one.error.by_chance:.3f}; p {_p(one.error.p)})",
            f"{one.brier.score:.3f} ({skill})",
        )
    _show(console, table)
    for one in report.classes:
        if one.no_slope is not None:
            console.print(f"- {one.name}: no slope: {one.no_slope}", markup=False, highlight=False)
    console.print(
        "- ECE is above 0 even for right probabilities: by chance is what these would give on as many cases; a small p "
        "says that the probabilities are not right.",
        highlight=False,
    )
    console.print()


def print_cut_offs(cut_offs: dict[str, tuple[AppliedCutOff, ...]]) -> None:
    """Print each cut-off, what it gave where it was chosen, and what it gives here."""
    console = _console()
    table = _table("class", "rule", "threshold", "where it was chosen", "sensitivity here", "specificity here")
    warnings: dict[str, None] = {}
    for name, applied in cut_offs.items():
        for one in applied:
            chosen = one.cut_off
            table.add_row(
                escape(name),
                str(chosen.rule),
                f"{chosen.threshold:.4g}",
                f"{chosen.sensitivity:.2f}, {chosen.specificity:.2f}",
                str(one.result.sensitivity or "-"),
                str(one.result.specificity or "-"),
            )
            if one.warning:
                warnings[one.warning] = None
    _show(console, table)
    for warning in warnings:
        console.print(f"WARNING: {warning}", style="bold red", markup=False, highlight=False)
        console.print()


def print_comparison(report: ComparisonReport, *, margin: float | None = None) -> None:
    """Print each difference with its interval and p, and whether the second is worse by less than a margin."""
    console = _console()
    kind = "the same cases" if report.paired else "different cases"
    console.print(f"{report.cases[0]} and {report.cases[1]} cases, {kind}; differences are first minus second\n")
    last = [] if margin is None else [f"worse by < {margin:g}"]
    table = _table("class", "measure", "first", "second", "difference", "p", *last)
    _compared(table, "", "accuracy", report.accuracy, margin)
    for one in report.classes:
        for measure in ("auc", "sensitivity", "specificity"):
            _compared(table, one.name, "AUC" if measure == "auc" else measure, getattr(one, measure), margin)
    _show(console, table)
    if report.mcnemar is not None:
        test = report.mcnemar
        console.print(
            f"McNemar: {test.only_first} cases only the first has right, {test.only_second} only the second; "
            f"mid-p {_p(test.mid_p)}, exact p {_p(test.exact)}",
            highlight=False,
        )
    for note in report.notes:
        console.print(f"- {note}", markup=False, highlight=False)
    if report.tests > 1:
        console.print(
            f"- {report.tests} tests: one p below 0.05 among so many is no surprise; say beforehand which one counts.",
            highlight=False,
        )


def print_runs(found: Mapping[str, Spread], *, runs: int, cases: int) -> None:
    """Print the mean of each measure with both intervals."""
    console = _console()
    console.print(f"{runs} runs, each on the same {cases} cases\n", highlight=False)
    table = _table("class", "metric", "mean", "interval over runs", "interval over patients", "times wider")
    for name, one in found.items():
        low, high = one.runs.low, one.runs.high
        over = "-" if low is None or high is None else f"{low:.3f} to {high:.3f}"
        low, high = one.patients.low, one.patients.high
        patients = "-" if low is None or high is None else f"{low:.3f} to {high:.3f}"
        times = "-" if one.times is None else f"{one.times:.1f}"
        measure, _, of = name.partition(" ")
        table.add_row(
            escape(of or "all"),
            measure.replace("_", " ").replace("auc", "AUC"),
            f"{one.mean:.3f}",
            over,
            patients,
            times,
        )
    _show(console, table)
    console.print(
        "- Over runs: how the number moves when training is repeated. Over patients: how it would move with other "
        "patients; the one to report.",
        highlight=False,
    )


def _compared(table: Table, name: str, measure: str, found: Comparison | None, margin: float | None) -> None:
    if found is None:
        table.add_row(escape(name), measure, "-", "-", "-", "-")
        return
    p = "-" if found.p is None else _p(found.p)
    judged = [] if margin is None else ["shown" if found.not_worse_by(margin) else "not shown"]
    table.add_row(escape(name), measure, f"{found.first:.3f}", f"{found.second:.3f}", str(found), p, *judged)


def _p(p: float) -> str:
    return f"{p:.3f}" if p >= 0.00095 else f"{p:.0e}"


def _show(console: Console, table: Table) -> None:
    console.print(table)
    console.print()


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, pad_edge=False)


def _console() -> Console:
    return Console(width=None if Console().is_terminal else 120)
