"""`pleura train`: a recipe and a cohort in, a model folder out; or with folds, one a fold and what they amount to."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer

from pleura.cli.progress import watch
from pleura.cli.termination import stop_on_termination
from pleura.settings import read_recipe

__all__ = ["train"]


def train(
    recipe: str = typer.Argument(help="A recipe's name (ucadi, demo) or a TOML file."),
    cohort: Path = typer.Option(help="Folder with cases.csv and cohort.toml."),
    out: Path = typer.Option(help="Folder for the model, the log and the checkpoint."),
    folds: int | None = typer.Option(
        None, min=2, max=20, help="Cross-validate: a model a fold, judged on patients it was not trained on."
    ),
    hospitals: str | None = typer.Option(
        None, help="Train on these hospitals' cases only, names with commas between; all by default."
    ),
    device: str = typer.Option("cpu", help="cpu, or cuda for a GPU."),
    resume: bool = typer.Option(False, "--resume", help="Go on from the checkpoint in OUT."),
    start_from: str | None = typer.Option(
        None, "--from", metavar="MODEL", help="Begin with this model's weights, by path or name."
    ),
    cache: Path | None = typer.Option(None, help="Folder for prepared slices; your cache folder by default."),
    workers: int = typer.Option(1, min=1, max=64, help="Processes that prepare slices."),
) -> None:
    """Train a classifier on a cohort.

    Stopped with Ctrl-C it can go on later with --resume, to the same numbers. With --folds it trains a model for each
    of so many parts of the training and validation patients, without that part, and keeps the test patients apart.

    Example: pleura train demo --cohort cohort --out run
    """
    from pleura.data.cohort import read_cohort
    from pleura.training.cross_validation import cross_validate
    from pleura.training.loop import train as train_model  # torch takes seconds to import; --help should not
    from pleura.training.recipes import find_recipe

    settings = read_recipe(find_recipe(recipe))
    chosen = read_cohort(cohort, classes=())
    if hospitals is not None:
        chosen = chosen.of_hospitals([name.strip() for name in hospitals.split(",")])
    with watch() as watcher, stop_on_termination():
        try:
            if folds is not None:
                summed = cross_validate(
                    settings,
                    chosen,
                    out,
                    folds=folds,
                    device=device,
                    resume=resume,
                    start_from=start_from,
                    cache_folder=cache,
                    workers=workers,
                    watcher=watcher,
                )
            else:
                model = train_model(
                    settings,
                    chosen,
                    out,
                    device=device,
                    resume=resume,
                    start_from=start_from,
                    cache_folder=cache,
                    workers=workers,
                    watcher=watcher,
                )
        except KeyboardInterrupt:
            watcher.say(f"stopped; what was done up to the last whole epoch is in {out}: go on with --resume")
            raise typer.Exit(1) from None
    if folds is None:
        typer.echo(model.path)
        return
    _print_folds(summed.rows)
    typer.echo(out / "cross_validation.json")


def _print_folds(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print each metric's mean over folds with the interval over runs and, of the pooled cases, over patients."""
    typer.echo(f"{'patients not trained on':42}{'mean':>6}{'over runs':>18}{'over patients':>18}")
    for row in rows:
        if row["hospital"] == "all" and row["mean"] is not None:
            runs, patients = _span(row["run_low"], row["run_high"]), _span(row["patient_low"], row["patient_high"])
            typer.echo(f"{row['metric'] + ' ' + row['class']:42}{row['mean']:6.3f}{runs}{patients}")


def _span(low: float | None, high: float | None) -> str:
    return f"{'none' if low is None or high is None else f'{low:.3f} to {high:.3f}':>18}"
