"""`pleura evaluate recalibrate`: a hospital's labelled cases in; a map of the probabilities, judged held out, out."""

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["recalibrate"]


def recalibrate(
    file: Annotated[
        Path, typer.Argument(help="CSV of cases to fit on: case, truth, probabilities.", show_default=False)
    ],
    kind: Annotated[str, typer.Option(help="shift, temperature, platt (both), or isotonic (two classes).")] = "platt",
    test: Annotated[Path | None, typer.Option(help="CSV of other cases to judge on; else by cross-fitting.")] = None,
    folds: Annotated[int, typer.Option(min=2, help="Of the cross-fitting.")] = 5,
    out: Annotated[Path | None, typer.Option(help="New folder for the map, mapped cases and figures.")] = None,
    confidence: Annotated[float, typer.Option(help="Of all intervals.")] = 0.95,
    resamples: Annotated[int, typer.Option(help="Of the bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap and the folds.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Mend probabilities for a new hospital, and say whether that helps on patients it was not fitted on.

    FILE is as for `pleura evaluate accuracy`. recalibration.json in --out is the map, fitted on all of FILE.

    Example: pleura evaluate recalibrate local.csv --kind temperature --out recalibrated
    """
    from pleura.errors import RecipeError
    from pleura.evaluation.calibration.adapt import adapt, write_recalibration
    from pleura.evaluation.classification import IntervalSettings
    from pleura.evaluation.figures.calibration import calibration_figure
    from pleura.evaluation.figures.style import save_figure
    from pleura.evaluation.output.plain import number
    from pleura.evaluation.output.supplement import calibration_table
    from pleura.evaluation.predictions import read_predictions, write_predictions
    from pleura.export.result_folder import check_free, result_folder

    if out is not None:
        check_free(out)
    try:
        settings = IntervalSettings(confidence=confidence, resamples=resamples, seed=seed)
    except ValueError as error:
        raise RecipeError(str(error)) from error
    predictions = read_predictions(file)
    other = None if test is None else read_predictions(test)
    found = adapt(predictions, kind, test=other, folds=folds, settings=settings)
    if out is not None:
        with result_folder(out) as folder:
            write_recalibration(folder / "recalibration.json", found.recalibration, predictions.classes)
            write_predictions(found.mapped, folder / "held-out.csv")
            save_figure(calibration_figure(found.before), folder, "calibration-before")
            save_figure(calibration_figure(found.after), folder, "calibration-after")
    if as_json:
        table = {
            "kind": found.recalibration.kind,
            "scale": found.recalibration.scale,
            "shifts": dict(zip(predictions.classes, found.recalibration.shifts, strict=True)),
            "judged": found.judged,
            "log_loss_gain": number(found.gain),
            "before": calibration_table(found.before),
            "after": calibration_table(found.after),
        }
        typer.echo(json.dumps(table, indent=2))
        return
    from pleura.cli.evaluation_supplement_tables import print_calibration

    typer.echo(f"before, {len(found.mapped.cases)} cases:\n")
    print_calibration(found.before)
    typer.echo(f"after, judged {found.judged}:\n")
    print_calibration(found.after)
    gain = found.gain
    clear = gain.low is not None and gain.low > 0
    said = "a gain" if clear else "no gain shown: leave the probabilities as they are"
    typer.echo(f"log loss falls by {gain}: {said}")
    if found.recalibration.knots is None:
        shifts = zip(predictions.classes, found.recalibration.shifts, strict=True)
        added = ", ".join(f"{name} {shift:+.3f}" for name, shift in shifts)
        typer.echo(f"log probabilities are multiplied by {found.recalibration.scale:.3f}; then is added: {added}")
