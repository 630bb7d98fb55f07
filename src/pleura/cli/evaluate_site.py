"""`pleura evaluate site`: a new hospital's labelled cases in; its go-live page out."""

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["site"]


def site(
    file: Annotated[Path, typer.Argument(help="CSV: case, truth, probabilities, further columns.", show_default=False)],
    condition: Annotated[str | None, typer.Option(help="The class that counts; needed with several classes.")] = None,
    threshold: Annotated[float | None, typer.Option(help="At which it is called now, if not as most probable.")] = None,
    subgroups: Annotated[str | None, typer.Option(help="Columns to look at, as sex,age,scanner.")] = None,
    outside: Annotated[str | None, typer.Option(help="Column that says who is out of distribution: yes or no.")] = None,
    goal_sensitivity: Annotated[float, typer.Option(help="To be reached.")] = 0.9,
    goal_specificity: Annotated[float, typer.Option(help="To be reached.")] = 0.8,
    width: Annotated[float, typer.Option(help="Of the intervals that is aimed at, from end to end.")] = 0.1,
    cut_off: Annotated[
        str, typer.Option(help="Rule: youden, sensitivity=0.95 or specificity=0.9.")
    ] = "sensitivity=0.9",
    recalibration: Annotated[str, typer.Option(help="shift, temperature, platt or isotonic.")] = "platt",
    hospital: Annotated[str, typer.Option(help="What the page calls it.")] = "this hospital",
    model: Annotated[str, typer.Option(help="What the page calls it.")] = "The model",
    out: Annotated[Path | None, typer.Option(help="New folder for page, figures and JSON.")] = None,
    confidence: Annotated[float, typer.Option(help="Of all intervals.")] = 0.95,
    resamples: Annotated[int, typer.Option(help="Of the bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap and the folds.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Judge a model on a hospital's own labelled cases before it goes live there.

    FILE is as for `pleura evaluate accuracy`, with probabilities; all its further columns are to be named. None of its
    patients may have been in the training data. site.html in --out is one page, with what a person has to sign.

    Example: pleura evaluate site local.csv --condition covid-19 --subgroups sex,age --out go-live
    """
    from pleura.errors import RecipeError
    from pleura.evaluation.classification import IntervalSettings
    from pleura.evaluation.cutoffs.choose import read_rule
    from pleura.evaluation.output.site import site_table, write_site
    from pleura.evaluation.predictions import read_predictions
    from pleura.evaluation.site.assess import assess_site
    from pleura.evaluation.site.settings import SiteSettings
    from pleura.export.result_folder import check_free, result_folder

    if out is not None:
        check_free(out)
    columns = [name.strip() for name in (subgroups or "").split(",") if name.strip()]
    try:
        settings = SiteSettings(
            sensitivity=goal_sensitivity,
            specificity=goal_specificity,
            width=width,
            rule=read_rule(cut_off),
            recalibration=recalibration,
            intervals=IntervalSettings(confidence=confidence, resamples=resamples, seed=seed),
        )
    except ValueError as error:
        raise RecipeError(str(error)) from error
    predictions = read_predictions(file, columns=[*columns, *([outside] if outside else [])])
    report = assess_site(
        predictions, condition=condition, threshold=threshold, subgroups=columns, outside=outside, settings=settings
    )
    if out is not None:
        with result_folder(out) as folder:
            write_site(folder, report, hospital=hospital, model=model)
    if as_json:
        typer.echo(json.dumps(site_table(report), indent=2))
        return
    from pleura.cli.evaluation_site_tables import print_site

    print_site(report)
    if out is not None:
        typer.echo(str(out / "site.html"))
