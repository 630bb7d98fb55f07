"""`pleura evaluate drift`: a hospital's cases at go-live and later ones in; what has changed out."""

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["drift"]


def drift(
    reference: Annotated[Path, typer.Argument(help="CSV of the cases at go-live.", show_default=False)],
    later: Annotated[Path, typer.Argument(help="CSV of later cases, in their order.", show_default=False)],
    condition: Annotated[str | None, typer.Option(help="The class that counts; needed with several classes.")] = None,
    threshold: Annotated[float | None, typer.Option(help="At which it is called, if not as most probable.")] = None,
    undetermined: Annotated[str | None, typer.Option(help="Column that says who got no answer: yes or no.")] = None,
    columns: Annotated[str | None, typer.Option(help="Columns whose mixture is watched, as scanner,sex.")] = None,
    goal_sensitivity: Annotated[float, typer.Option(help="That was promised.")] = 0.9,
    goal_specificity: Annotated[float, typer.Option(help="That was promised.")] = 0.8,
    change: Annotated[float, typer.Option(help="Change of a share that matters.")] = 0.1,
    looks: Annotated[int, typer.Option(help="How many times this will be done in all.")] = 1,
    alpha: Annotated[float, typer.Option(help="Chance of a false alarm over all looks.")] = 0.05,
    hospital: Annotated[str, typer.Option(help="What the page calls it.")] = "this hospital",
    model: Annotated[str, typer.Option(help="What the page calls it.")] = "The model",
    out: Annotated[Path | None, typer.Option(help="New folder for page, figure and JSON.")] = None,
    permutations: Annotated[int, typer.Option(help="Of the cases, for the tests of the answers.")] = 4999,
    seed: Annotated[int, typer.Option(min=0, help="Of the permutations.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Watch a model in use: whether its answers have changed since go-live, or are right less often than was promised.

    Both files are as for `pleura evaluate site`; in LATER a truth that is not known is left empty, or the column left
    out. All further columns are to be named. The first case of each patient counts.

    Example: pleura evaluate drift local.csv later.csv --condition covid-19 --columns scanner --looks 12 --out drift
    """
    from pleura.errors import RecipeError
    from pleura.evaluation.drift.settings import DriftSettings
    from pleura.evaluation.drift.watch import watch
    from pleura.evaluation.output.drift import drift_table, write_drift
    from pleura.evaluation.predictions import read_predictions
    from pleura.export.result_folder import check_free, result_folder

    if out is not None:
        check_free(out)
    watched = [name.strip() for name in (columns or "").split(",") if name.strip()]
    try:
        settings = DriftSettings(
            sensitivity=goal_sensitivity,
            specificity=goal_specificity,
            change=change,
            alpha=alpha,
            looks=looks,
            permutations=permutations,
            seed=seed,
        )
    except ValueError as error:
        raise RecipeError(str(error)) from error
    named = [*watched, *([undetermined] if undetermined else [])]
    report = watch(
        read_predictions(reference, columns=named, without_truth=True),
        read_predictions(later, columns=named, without_truth=True),
        condition=condition,
        threshold=threshold,
        undetermined=undetermined,
        columns=watched,
        settings=settings,
    )
    if out is not None:
        with result_folder(out) as folder:
            write_drift(folder, report, hospital=hospital, model=model)
    if as_json:
        typer.echo(json.dumps(drift_table(report), indent=2))
        return
    from pleura.cli.evaluation_site_tables import print_drift

    print_drift(report)
    if out is not None:
        typer.echo(str(out / "drift.html"))
