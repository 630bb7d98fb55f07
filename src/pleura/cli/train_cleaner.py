"""`pleura train cleaner`: a cohort with lung masks in, a slice cleaner's model folder out."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pleura.cli.progress import watch
from pleura.cli.termination import stop_on_termination

if TYPE_CHECKING:
    from pleura.data.cohort import Cohort
    from pleura.training.cleaner_recipe import CleanerRecipe

__all__ = ["train_slice_cleaner"]


def train_slice_cleaner(
    recipe: "CleanerRecipe", cohort: "Cohort", out: Path, *, device: str, resume: bool, cache: Path | None, workers: int
) -> None:
    """Train on every slice of the cohort's training cases, whatever their labels.

    Raises
    ------
    CohortError, ModelError, OutputError, RecipeError
        If the cohort, the recipe or the folder cannot be used.
    """
    from pleura.training.cleaner import train_cleaner

    with watch() as watcher, stop_on_termination():
        try:
            model = train_cleaner(
                recipe,
                cohort,
                out,
                device=device,
                resume=resume,
                cache_folder=cache,
                workers=workers,
                watcher=watcher,
            )
        except KeyboardInterrupt:
            watcher.say(f"stopped; what was done up to the last whole epoch is in {out}: go on with --resume")
            raise typer.Exit(1) from None
    typer.echo(model.path)
