"""`pleura models calibrate`: a model and a cohort in; the model with a temperature and reference cases out."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["calibrate"]


def calibrate(
    model: Annotated[str, typer.Argument(help="A classifier: a name, or a path.", show_default=False)],
    cohort: Annotated[Path, typer.Option(help="Cohort folder with cases.csv.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The model folder to make.", show_default=False)],
    hospitals: Annotated[
        str | None, typer.Option(help="These hospitals' cases only, names with commas between; all by default.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    cache: Annotated[
        Path | None, typer.Option(help="Folder for prepared slices; your cache folder by default.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that prepare slices.")] = 1,
) -> None:
    """Give a classifier that has none a temperature and reference cases, such as one that came out of a federation.

    The temperature, and the distance from which on a case is new to the model, are chosen on the cohort's validation
    cases; where cases of its kind lie is learned from its training cases. The weights stay as they are. The new model
    has an id of its own: a stepwise diagnosis or a clinical model that names the old one is made anew after this.

    Example: pleura models calibrate federated --cohort cohort --out calibrated
    """
    from pleura.cli.progress import watch
    from pleura.data.cohort import read_cohort
    from pleura.export.result_folder import check_free
    from pleura.models.files import load_model
    from pleura.training.calibrate import calibrate_model

    check_free(out)
    chosen = read_cohort(cohort, classes=())
    if hospitals is not None:
        chosen = chosen.of_hospitals([name.strip() for name in hospitals.split(",")])
    with watch() as watcher:
        made = calibrate_model(
            load_model(model),
            chosen,
            out,
            device=device,
            cache_folder=cache,
            workers=workers,
            watcher=watcher,
        )
    typer.echo(made.card.metrics["calibration"]["summary"])
    facts = made.card.reference
    typer.echo("No reference cases: too few held out." if facts is None else f"{facts.summary}: {facts.threshold:.2f}")
    typer.echo(f"{made.id}  {made.path}")
