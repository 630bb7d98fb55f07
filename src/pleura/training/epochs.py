"""A run in; trained epoch by epoch, scored, logged and saved after each, out: the one loop of all networks."""

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from torch import Tensor

from pleura.data.examples import Batch
from pleura.errors import OutputError, RecipeError
from pleura.models.toml_write import to_toml
from pleura.settings import OptimiserSettings, ScheduleSettings, TrainingSettings, ValidationSettings
from pleura.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from pleura.training.log import row_in_words, write_log
from pleura.training.schedule import learning_rate
from pleura.training.steps import Learner, learn
from pleura.training.watcher import Watcher

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["CHECKPOINT", "Run", "begin", "fit", "prepare_output", "settle"]

CHECKPOINT = "checkpoint.safetensors"
LOG = "log.csv"


class Recipe(Protocol):
    """What a recipe says of the loop."""

    @property
    def optimiser(self) -> OptimiserSettings:
        """How the weights follow the gradient."""

    @property
    def schedule(self) -> ScheduleSettings:
        """For how long."""

    @property
    def training(self) -> TrainingSettings:
        """From which seed."""

    @property
    def validation(self) -> ValidationSettings:
        """Scored when, and which weights are kept."""


class Examples(Protocol):
    """Where batches come from."""

    @property
    def steps(self) -> int:
        """Batches in an epoch."""

    def batches(self, epoch: int) -> Iterable[Batch]:
        """Give an epoch's batches."""


class Run(Protocol):
    """What is moved on by `fit`."""

    best: dict[str, Tensor]
    """The weights with the lowest validation loss so far, where the recipe keeps them."""

    @property
    def recipe(self) -> Recipe:
        """Of the run."""

    @property
    def examples(self) -> Examples:
        """To learn from."""

    @property
    def learner(self) -> Learner[Any]:
        """What learns."""

    @property
    def out(self) -> Path:
        """Folder for the log and the checkpoint."""

    @property
    def progress(self) -> Progress:
        """How far it has come."""

    @property
    def watcher(self) -> Watcher:
        """Told of progress."""


def prepare_output(out: Path, recipe: "DataclassInstance", *, resume: bool) -> None:
    """Make the folder of a run, with its recipe.

    Raises
    ------
    OutputError
        If an earlier run is there that is not to be gone on with, or it cannot be written.
    """
    if not resume and (out / CHECKPOINT).exists():
        raise OutputError(f"{out} has a checkpoint of an earlier run; add --resume to go on, or choose another folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "recipe.toml").write_text(to_toml(asdict(recipe)), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write to {out}: {error}") from error


def begin(
    out: Path, learner: Learner[Any], name: str, *, resume: bool, epochs: int, watcher: Watcher
) -> tuple[Progress, dict[str, Tensor]]:
    """Give a fresh run's progress and best weights, or take them and the learner's state from the checkpoint.

    Parameters
    ----------
    out : the run's folder
    learner : filled from the checkpoint
    name : hash of all that decides the run
    resume : whether to go on
    epochs : of the whole run, for the message
    watcher : told where the run stands

    Raises
    ------
    RecipeError
        If the checkpoint is missing, damaged or of another run.
    """
    if not resume:
        return Progress(run=name), {}
    progress, best = load_checkpoint(out / CHECKPOINT, learner.trained, learner.optimiser, name)
    watcher.say(f"resumed after epoch {progress.epoch} of {epochs}")
    return progress, best


def fit(run: Run, score: Callable[[], dict[str, float]]) -> None:
    """Train epoch by epoch, from where the run stands; score, log and save after each.

    Parameters
    ----------
    run : moved on
    score : gives columns of the log for the network as it is, `validation_loss` among them where there is one

    Raises
    ------
    RecipeError
        If the loss is not finite.
    """
    recipe, progress = run.recipe, run.progress
    epochs = recipe.schedule.epochs
    for epoch in range(progress.epoch, epochs):
        began = time.perf_counter()
        run.watcher.start(f"epoch {epoch + 1} of {epochs}", run.examples.steps)
        row = {"epoch": epoch + 1.0, **_train_epoch(run, epoch)}
        if (epoch + 1) % recipe.validation.every == 0 or epoch + 1 == epochs:
            row |= score()
        row["seconds"] = round(time.perf_counter() - began, 2)
        progress.epoch = epoch + 1
        progress.history.append(row)
        loss = row.get("validation_loss", float("inf"))
        if loss < progress.best_loss:
            progress.best_epoch, progress.best_loss = epoch + 1, loss
            if recipe.validation.keep == "best":
                weights = run.learner.network.state_dict()
                run.best = {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}
        save_checkpoint(run.out / CHECKPOINT, run.learner.trained, run.learner.optimiser, progress, run.best)
        write_log(run.out / LOG, progress.history)
        run.watcher.say(row_in_words(row))


def settle(run: Run) -> int:
    """Put the weights that the recipe keeps into the network, and give the number of their epoch, from 1."""
    if run.recipe.validation.keep != "best":
        return run.progress.epoch
    if run.best:
        run.learner.network.load_state_dict(run.best)
    return run.progress.best_epoch


def _train_epoch(run: Run, epoch: int) -> dict[str, float]:
    """One pass over the training cases; mean loss, accuracy or what else is measured, and the last learning rate."""
    recipe, steps = run.recipe, run.examples.steps

    def rate(number: int) -> float:
        peak = recipe.optimiser.learning_rate
        return learning_rate(epoch * steps + number, steps_per_epoch=steps, peak=peak, settings=recipe.schedule)

    seen = learn(
        run.learner,
        run.examples.batches(epoch),
        rate=rate,
        seed=recipe.training.seed * 100_003 + epoch,
        on_step=run.watcher.advance,
    )
    if not np.isfinite(seen.loss):
        raise RecipeError(f"the loss is {seen.loss} in epoch {epoch + 1}; lower optimiser.learning_rate")
    return {"learning_rate": seen.rate, "train_loss": seen.loss, f"train_{run.learner.measure}": seen.accuracy}
