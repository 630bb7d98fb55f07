"""Results in, tables on the terminal out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pleura.diagnosis.localisation import Localisation
    from pleura.evaluation.accuracy import AccuracyReport
    from pleura.evaluation.agreement.grades import GradeResult
    from pleura.evaluation.classification import Result
    from pleura.evaluation.readers.study import ReaderStudy

__all__ = ["print_heat", "print_readers", "print_report"]


def print_report(report: AccuracyReport) -> None:
    """Print accuracy by hospital and group, the confusion matrix, each class against the rest, and the notes."""
    console = _console()
    _accuracies(console, {name if kind != "group" else f"group {name}": one for kind, name, one in report.parts()})
    _confusion(console, report.overall, report.classes)
    _classes(console, report.overall)
    if report.grades is not None:
        _grades(console, report.grades)
    for note in report.notes:
        console.print(f"- {note}", markup=False, highlight=False)


def print_heat(found: Sequence[Localisation]) -> None:
    """Print where the heat maps of each class lie: mean shares, chance, and how many peaks are on a lesion."""
    table = _table("class", "in the lungs", "on lesions", "chance", "peak on a lesion", "cases")
    for name in dict.fromkeys(one.label for one in found):
        here = [one for one in found if one.label == name]
        table.add_row(
            escape(name),
            _mean([one.share_in_lungs for one in here]),
            _mean([one.share_on_lesions for one in here]),
            _mean([one.chance for one in here]),
            f"{sum(one.peak_on_lesion for one in here)}",
            f"{len(here)}",
        )
    _console().print(table)


def _mean(shares: Sequence[float | None]) -> str:
    """Mean of shares, an empty map counted as 0."""
    return f"{sum(share or 0.0 for share in shares) / len(shares):.2f}"


def print_readers(study: ReaderStudy) -> None:
    """Print each reader's accuracy, then for each class the readers, their mean, their vote, and the model."""
    from pleura.evaluation.output.plain import SIMULATED, TIE_RULE

    console = _console()
    console.print()
    if study.simulated:
        console.print(SIMULATED, style="bold red", highlight=False)
    left_out = f"; {study.unread} cases were not read and are left out here" if study.unread else ""
    ties = f" {study.tied} votes were tied. {TIE_RULE}" if study.tied else ""
    console.print(
        f"{len(study.readers)} readers on {study.cases} cases{left_out}.{ties}", markup=False, highlight=False
    )
    for one in study.classes:
        table = _table(one.name, "sensitivity", "specificity")
        for reader in one.readers:
            table.add_row(escape(reader.name), str(reader.sensitivity), str(reader.specificity))
        for mean in (one.mean, *one.tiers) if len(one.tiers) < len(one.readers) else (one.mean,):
            table.add_row(escape(mean.name), str(mean.sensitivity), str(mean.specificity))
        table.add_row(one.vote.name, str(one.vote.sensitivity), str(one.vote.specificity))
        table.add_row("model there", str(one.model_sensitivity), "at least the readers' mean")
        table.add_row("model - mean", str(one.difference), "")
        console.print()
        console.print(table)


def _accuracies(console: Console, results: dict[str, Result]) -> None:
    table = _table("cases of", "accuracy (interval; cases)", "balanced accuracy", "mean AUC of classes")
    for name, result in results.items():
        balanced, area = result.balanced_accuracy, result.macro_auc
        table.add_row(escape(name), str(result.accuracy), str(balanced or "-"), str(area or "-"))
    console.print(table)
    console.print()


def _confusion(console: Console, result: Result, classes: Sequence[str]) -> None:
    table = _table("truth \\ answer", *(escape(name) for name in classes))
    for name, row in zip(classes, result.confusion.tolist(), strict=True):
        table.add_row(escape(name), *(str(count) for count in row))
    console.print(table)
    console.print()


def _classes(console: Console, result: Result) -> None:
    table = _table("class", "sensitivity", "specificity", "AUC")
    for one in result.classes:
        table.add_row(escape(one.name), str(one.sensitivity or "-"), str(one.specificity or "-"), str(one.auc or "-"))
    console.print(table)
    console.print()
    table = _table("class", "PPV", "NPV", "F1")
    for one in result.classes:
        table.add_row(escape(one.name), str(one.ppv or "-"), str(one.npv or "-"), str(one.f1 or "-"))
    console.print(table)
    console.print()
    table = _table("class", "likelihood ratio +", "likelihood ratio -")
    for one in result.classes:
        table.add_row(escape(one.name), str(one.lr_positive or "-"), str(one.lr_negative or "-"))
    console.print(table)
    if result.micro_auc is not None:
        console.print(f"\nAUC over all pairs of a case and a class (micro): {result.micro_auc}", highlight=False)
    console.print()


def _grades(console: Console, grades: GradeResult) -> None:
    kappa = str(grades.kappa) if grades.kappa is not None else "undefined: all cases and answers are of one grade"
    console.print(f"quadratic-weighted kappa {kappa}", highlight=False)
    console.print(f"mean error {grades.mean_error:.2f} grades; {grades.off_by_more} off by more than one\n")


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, pad_edge=False)


def _console() -> Console:
    return Console(width=None if Console().is_terminal else 120)
