"""`pleura evaluate`: a model's answers against the truth; tables on the terminal, rows in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from pleura.evaluation.classification import Result

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Compare answers with the truth."""


@app.command()
def cohort(
    folder: Annotated[Path, typer.Argument(help="Cohort folder with cases.csv.", show_default=False)],
    model: Annotated[str, typer.Option(help="Name of a model, or a path to its folder.")] = "ucadi-synthetic",
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    out: Annotated[Path | None, typer.Option(help="CSV file for each case's probabilities.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    workers: Annotated[int, typer.Option(min=1, help="Processes that prepare slices.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Classify a cohort's cases and compare with their labels, hospital by hospital.

    Example: pleura evaluate cohort cohort/ --model ucadi-synthetic --split test
    """
    from pleura.cli.progress import watch
    from pleura.data.cohort import read_cohort
    from pleura.models.files import load_model
    from pleura.training.assess import assess, write_predictions

    loaded = load_model(model)
    with watch() as watcher:
        answers = assess(
            loaded,
            read_cohort(folder, classes=loaded.card.classes),
            split=split,
            device=device,
            workers=workers,
            watcher=watcher,
        )
    if out is not None:
        write_predictions(answers, out)
    results = {"all": answers.overall(), **answers.by_hospital()}
    if as_json:
        typer.echo(json.dumps({name: as_table(result) for name, result in results.items()}, indent=2))
        return
    print_results(results)


def as_table(result: Result) -> dict[str, Any]:
    """Give a result as plain numbers, for JSON."""
    return {
        "accuracy": _plain(result.accuracy),
        "classes": {
            one.name: {
                "sensitivity": _plain(one.sensitivity),
                "specificity": _plain(one.specificity),
                "auc": one.auc,
            }
            for one in result.classes
        },
        "confusion": result.confusion.tolist(),
    }


def _plain(proportion: Any) -> dict[str, float] | None:
    if proportion is None:
        return None
    return {
        "value": proportion.value,
        "low": proportion.low,
        "high": proportion.high,
        "hits": proportion.hits,
        "total": proportion.total,
    }


def print_results(results: dict[str, Result]) -> None:
    """Print accuracy by hospital, then each class against the rest over all cases; 95 % Wilson intervals."""
    console = Console(width=None if Console().is_terminal else 110)
    table = Table("cases of", "accuracy (95 % interval; cases)", box=None, pad_edge=False)
    for name, result in results.items():
        table.add_row(name, str(result.accuracy))
    console.print(table)
    console.print()
    table = Table("class", "sensitivity", "specificity", "AUC", box=None, pad_edge=False)
    for one in next(iter(results.values())).classes:
        area = "-" if one.auc is None else f"{one.auc:.3f}"
        table.add_row(one.name, str(one.sensitivity or "-"), str(one.specificity or "-"), area)
    console.print(table)
