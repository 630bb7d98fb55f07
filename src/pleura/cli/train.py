"""`pleura train`: a recipe and a cohort in, a model folder out; or with folds, one a fold and what they amount to.

A recipe's `task` says what is trained: a classifier here; a slice cleaner, a segmenter and a model of clinical data in
modules of their own.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer

from pleura.cli.termination import stoppable_training
from pleura.cli.train_cleaner import train_slice_cleaner
from pleura.cli.train_clinical import train_clinical_model
from pleura.cli.train_segmenter import train_segmentation_model
from pleura.errors import RecipeError
from pleura.settings import read_recipe

__all__ = ["train"]

_FOREIGN = {
    "cleaner": {"--folds", "--from", "--pretrained", "--ct-scores", "--ct-model"},
    "clinical": {"--folds", "--from", "--pretrained", "--resume"},
    "lesions": {"--folds", "--ct-scores", "--ct-model"},
    "lungs": {"--folds", "--ct-scores", "--ct-model"},
}
"""Options that a task has no use for; the other tasks have none for CT scores."""


def train(
    recipe: str = typer.Argument(
        help="A recipe's name (ucadi, severity, cleaner, dl1, dl2, dl3, lesions, demo) or a TOML file."
    ),
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
    pretrained: Path | None = typer.Option(
        None, help="Begin dl1, dl2 or lesions with ImageNet weights, as pleura models convert writes them."
    ),
    schema: str = typer.Option("synthetic", help="Of dl3: TOML of the clinical table's features."),
    ct_scores: Path | None = typer.Option(
        None, help="Of dl3: CSV of a CT model's predictions on cases it was not trained on, to be fused."
    ),
    ct_model: str | None = typer.Option(None, help="Of dl3: the CT model that gave the scores, by name or path."),
    cache: Path | None = typer.Option(None, help="Folder for prepared slices; your cache folder by default."),
    workers: int = typer.Option(1, min=1, max=64, help="Processes that prepare slices."),
) -> None:
    """Train a classifier, a slice cleaner, a segmenter (lesions) or a model of clinical data (dl3) on a cohort.

    Stopped with Ctrl-C it can go on later with --resume, to the same numbers. With --folds it trains a model for each
    of so many parts of the training and validation patients, without that part, and keeps the test patients apart.

    Example: pleura train demo --cohort cohort --out run
    """
    from pleura.data.cohort import read_cohort
    from pleura.models.segmenter import SEGMENTS
    from pleura.training.cleaner_recipe import read_cleaner_recipe
    from pleura.training.clinical.recipe import read_clinical_recipe
    from pleura.training.cross_validation import cross_validate
    from pleura.training.loop import train as train_model  # torch takes seconds to import; --help should not
    from pleura.training.recipes import find_recipe, recipe_task
    from pleura.training.segmentation.recipe import read_segmenter_recipe

    path = find_recipe(recipe)
    task = recipe_task(path)
    given = {
        "--folds": folds,
        "--from": start_from,
        "--pretrained": pretrained,
        "--ct-scores": ct_scores,
        "--ct-model": ct_model,
        "--resume": resume or None,
    }
    _refuse_foreign(task, {name for name, value in given.items() if value is not None})
    chosen = read_cohort(cohort, classes=())
    if hospitals is not None:
        chosen = chosen.of_hospitals([name.strip() for name in hospitals.split(",")])
    if task == "cleaner":
        train_slice_cleaner(
            read_cleaner_recipe(path), chosen, out, device=device, resume=resume, cache=cache, workers=workers
        )
        return
    if task == "clinical":
        train_clinical_model(
            read_clinical_recipe(path), chosen, out, schema=schema, ct_scores=ct_scores, ct_model=ct_model
        )
        return
    if task in SEGMENTS:
        train_segmentation_model(
            read_segmenter_recipe(path),
            chosen,
            out,
            device=device,
            resume=resume,
            start_from=start_from,
            pretrained=pretrained,
            cache=cache,
            workers=workers,
        )
        return
    settings = read_recipe(path)
    if folds is not None and pretrained is not None:
        raise RecipeError("--pretrained and --folds do not go together yet; train without folds, or begin with --from")
    with stoppable_training(out) as watcher:
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
                pretrained=pretrained,
                cache_folder=cache,
                workers=workers,
                watcher=watcher,
            )
    if folds is None:
        typer.echo(model.path)
        return
    _print_folds(summed.rows)
    typer.echo(out / "cross_validation.json")


def _refuse_foreign(task: str, given: set[str]) -> None:
    """Refuse an option that the recipe's kind of model has no use for."""
    foreign = given & _FOREIGN.get(task, {"--ct-scores", "--ct-model"})
    if foreign:
        raise RecipeError(f"{', '.join(sorted(foreign))} and a recipe for {task} do not go together; leave it out")


def _print_folds(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print each metric's mean over folds with the interval over runs and, of the pooled cases, over patients."""
    typer.echo(f"{'patients not trained on':42}{'mean':>6}{'over runs':>18}{'over patients':>18}")
    for row in rows:
        if row["hospital"] == "all" and row["mean"] is not None:
            runs, patients = _span(row["run_low"], row["run_high"]), _span(row["patient_low"], row["patient_high"])
            typer.echo(f"{row['metric'] + ' ' + row['class']:42}{row['mean']:6.3f}{runs}{patients}")


def _span(low: float | None, high: float | None) -> str:
    return f"{'none' if low is None or high is None else f'{low:.3f} to {high:.3f}':>18}"
