"""`pleura evaluate compare`: two classifiers' tables in; which is better, with tests, out."""

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["compare"]


def compare(
    first: Annotated[Path, typer.Argument(help="CSV: case, truth, and scores.", show_default=False)],
    second: Annotated[Path, typer.Argument(help="The same for the other classifier.", show_default=False)],
    unpaired: Annotated[
        bool, typer.Option("--unpaired", help="Cases are different ones, even where names are alike.")
    ] = False,
    threshold: Annotated[float | None, typer.Option(help="At which the first calls a class.")] = None,
    threshold_second: Annotated[float | None, typer.Option(help="At which the second does.")] = None,
    margin: Annotated[
        float | None, typer.Option(help="Say where the second is shown to be worse by less than this, set beforehand.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of all intervals.")] = 0.95,
    resamples: Annotated[int, typer.Option(help="Of the bootstrap, where patients have several cases.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Compare two classifiers on the same cases, or on different ones: AUC, sensitivity, specificity, accuracy.

    Files are as for `pleura evaluate accuracy`, with the same classes. The same cases are found by their names and
    compared case by case, which needs far fewer of them. Differences are first minus second.

    Example: pleura evaluate compare old.csv new.csv
    """
    from pleura.errors import RecipeError
    from pleura.evaluation.classification import IntervalSettings
    from pleura.evaluation.comparison.predictions import compare_predictions
    from pleura.evaluation.output.comparison import comparison_table
    from pleura.evaluation.predictions import read_predictions

    try:
        if margin is not None and not 0 < margin < 1:
            raise ValueError(f"need a margin between 0 and 1, got {margin}")
        settings = IntervalSettings(confidence=confidence, resamples=resamples, seed=seed)
    except ValueError as error:
        raise RecipeError(str(error)) from error
    report = compare_predictions(
        read_predictions(first),
        read_predictions(second),
        paired=False if unpaired else None,
        thresholds=(threshold, threshold_second),
        settings=settings,
    )
    if as_json:
        typer.echo(json.dumps(comparison_table(report, margin=margin), indent=2))
        return
    from pleura.cli.evaluation_supplement_tables import print_comparison

    print_comparison(report, margin=margin)
