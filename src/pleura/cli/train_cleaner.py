"""`pleura train cleaner`: a cohort with lung masks in, a slice cleaner's model folder out."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pleura.cli.termination import stoppable_training

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

    with stoppable_training(out) as watcher:
        model = train_cleaner(
            recipe, cohort, out, device=device, resume=resume, cache_folder=cache, workers=workers, watcher=watcher
        )
    typer.echo(model.path)
