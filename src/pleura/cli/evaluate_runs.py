"""`pleura evaluate runs`: several trainings' scores in; the interval over runs beside that over patients out."""

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["runs"]


def runs(
    file: Annotated[Path, typer.Argument(help="CSV: case, truth, run, and scores.", show_default=False)],
    threshold: Annotated[float | None, typer.Option(help="Call a class at this score, not the highest one.")] = None,
    confidence: Annotated[float, typer.Option(help="Of all intervals.")] = 0.95,
    resamples: Annotated[int, typer.Option(help="Of the bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Set the interval over training runs, as papers print it, beside the one over patients.

    FILE is as for `pleura evaluate accuracy`, with a row a case and run. An interval over five trainings that were
    tested on the same patients says how training varies, not how the model would do on other patients.

    Example: pleura evaluate runs five-runs.csv
    """
    from pleura.errors import CohortError, RecipeError
    from pleura.evaluation.classification import IntervalSettings
    from pleura.evaluation.output.supplement import run_table
    from pleura.evaluation.predictions import read_runs
    from pleura.evaluation.repeated.runs import compare_intervals

    try:
        settings = IntervalSettings(confidence=confidence, resamples=resamples, seed=seed)
    except ValueError as error:
        raise RecipeError(str(error)) from error
    read = read_runs(file)
    try:
        found = compare_intervals(read, threshold=threshold, settings=settings)
    except ValueError as error:
        raise CohortError(f"{file}: {error}") from error
    if as_json:
        typer.echo(json.dumps(run_table(found), indent=2))
        return
    from pleura.cli.evaluation_supplement_tables import print_runs

    print_runs(found, runs=len(read), cases=len(next(iter(read.values())).cases))
