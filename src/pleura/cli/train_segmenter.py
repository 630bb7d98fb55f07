"""`pleura train lesions`: a cohort with masks in, a segmenter's model folder out."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pleura.cli.termination import stoppable_training

if TYPE_CHECKING:
    from pleura.data.cohort import Cohort
    from pleura.training.segmentation.recipe import SegmenterRecipe

__all__ = ["train_segmentation_model"]


def train_segmentation_model(
    recipe: "SegmenterRecipe",
    cohort: "Cohort",
    out: Path,
    *,
    device: str,
    resume: bool,
    start_from: str | None,
    pretrained: Path | None,
    cache: Path | None,
    workers: int,
) -> None:
    """Train on the masks of the cohort's training cases, whatever their labels.

    Raises
    ------
    CohortError, ModelError, OutputError, RecipeError
        If the cohort, the recipe, the first weights or the folder cannot be used.
    """
    from pleura.training.segmentation.train import train_segmenter

    with stoppable_training(out) as watcher:
        model = train_segmenter(
            recipe,
            cohort,
            out,
            device=device,
            resume=resume,
            start_from=start_from,
            pretrained=pretrained,
            cache_folder=cache,
            workers=workers,
            watcher=watcher,
        )
    if "summary" in model.card.metrics:
        typer.echo(str(model.card.metrics["summary"]))
    typer.echo(model.path)
