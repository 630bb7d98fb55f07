"""The test cases of all hospitals in; a trained network's answers on them, and rows of a table from these, out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from pleura.data.cache import SliceCache, default_cache_folder
from pleura.data.cohort import Case, Cohort
from pleura.data.task import Task, find_task
from pleura.errors import CohortError
from pleura.evaluation.accuracy import evaluate_predictions
from pleura.evaluation.classification import IntervalSettings, Result
from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.intervals.proportions import Proportion
from pleura.evaluation.predictions import Predictions
from pleura.models.classifier import Classifier
from pleura.settings import TrainingRecipe
from pleura.training.loop import score
from pleura.training.watcher import Silent, Watcher

__all__ = ["EVERYWHERE", "HeldOut", "Row", "judged_rows", "prepare_held_out"]

Row = dict[str, float | int | str]
"""One line of a table; a number that does not exist is left out."""
EVERYWHERE = "all hospitals"
"""What `judged_rows` calls the cases of all hospitals together."""


@dataclass(frozen=True, eq=False, kw_only=True)
class HeldOut:
    """A cohort's test cases, and others if asked for, prepared; made by `prepare_held_out`."""

    recipe: TrainingRecipe
    task: Task
    cache: SliceCache
    cases: tuple[Case, ...]
    keys: tuple[str, ...]
    """Of the cases' slices in the cache, in their order."""

    def answers(
        self,
        network: Classifier,
        *,
        device: str | torch.device = "cpu",
        precision: str = "float32",
        watcher: Watcher | None = None,
    ) -> Predictions:
        """Classify the cases, each by the mean over its slice subsets.

        Parameters
        ----------
        network : of the recipe's architecture and classes
        device : where the network is
        precision : float32, as a diagnosis computes, or bfloat16
        watcher : told of progress
        """
        return Predictions(
            classes=self.task.classes,
            cases=tuple(case.case for case in self.cases),
            truth=np.array(self.task.labels(self.cases), dtype=np.int64),
            scores=self.scores(network, device=device, precision=precision, watcher=watcher),
            patients=tuple(case.patient for case in self.cases),
            hospitals=tuple(case.hospital for case in self.cases),
        )

    def scores(
        self,
        network: Classifier,
        *,
        device: str | torch.device = "cpu",
        precision: str = "float32",
        watcher: Watcher | None = None,
    ) -> npt.NDArray[np.float64]:
        """Give the network's probabilities alone, (cases, classes); its classes may be those of another task."""
        watcher = watcher or Silent()
        watcher.start("judging", len(self.cases))
        return score(
            network, self.recipe.input, self.cache, self.keys, device=device, precision=precision, watcher=watcher
        )


def prepare_held_out(
    recipe: TrainingRecipe,
    cohort: Cohort,
    *,
    splits: tuple[str, ...] = ("test",),
    cache_folder: Path | None = None,
    workers: int = 1,
    watcher: Watcher | None = None,
) -> HeldOut:
    """Make the test cases of a cohort ready.

    Parameters
    ----------
    recipe : whose input and task they are judged by
    cohort : cases that the task does not arise for are left out
    splits : whose cases; those of "validation" too where a cut-off is to be chosen
    cache_folder, workers, watcher : as for `pleura.training.loop.train`

    Raises
    ------
    CohortError
        If there is no test case, or a case cannot be used.
    """
    watcher = watcher or Silent()
    task = find_task(recipe.task)
    cases = tuple(case for case in task.select(cohort, trains=False).cases if case.split in splits)
    if not any(case.split == "test" for case in cases):
        raise CohortError(f"{cohort.folder} has no test case of {', '.join(task.classes)}; an experiment needs some")
    cache = SliceCache(cache_folder or default_cache_folder() / "slices", recipe.input)
    watcher.start("preparing slices to be judged on", len(cases))
    keys = cache.warm(cases, workers=workers, on_done=lambda _: watcher.advance())
    return HeldOut(recipe=recipe, task=task, cache=cache, cases=cases, keys=tuple(keys[case.case] for case in cases))


def judged_rows(arm: str, predictions: Predictions, settings: IntervalSettings | None = None) -> tuple[Row, ...]:
    """Say how good answers are, on the cases of all hospitals and of each, with intervals over patients.

    Parameters
    ----------
    arm : what gave the answers
    predictions : with hospitals
    settings : of the intervals; 1000 resamples by default

    Returns
    -------
    Rows with columns arm, judged_on, cases, accuracy, balanced_accuracy, auc (mean over classes) and, by class,
    "sensitivity CLASS", "specificity CLASS" and "auc CLASS"; each number followed by its ends, "NAME low" and
    "NAME high". A class with no case among those judged on has no columns.
    """
    report = evaluate_predictions(predictions, settings=settings or IntervalSettings(resamples=1000))
    parts = {EVERYWHERE: report.overall, **report.by_hospital}
    return tuple({"arm": arm, "judged_on": name, **_columns(result)} for name, result in parts.items())


def _columns(result: Result) -> Row:
    numbers: list[tuple[str, Estimate | Proportion | None]] = [
        ("accuracy", result.accuracy),
        ("balanced_accuracy", result.balanced_accuracy),
        ("auc", result.macro_auc),
    ]
    for one in result.classes:
        numbers += [
            (f"sensitivity {one.name}", one.sensitivity),
            (f"specificity {one.name}", one.specificity),
            (f"auc {one.name}", one.auc),
        ]
    row: Row = {"cases": result.cases}
    for name, number in numbers:
        row |= _with_ends(name, number)
    return row


def _with_ends(name: str, number: Estimate | Proportion | None) -> Row:
    if number is None:
        return {}
    found: Sequence[tuple[str, float | None]] = (
        (name, number.value),
        (f"{name} low", number.low),
        (f"{name} high", number.high),
    )
    return {column: round(value, 6) for column, value in found if value is not None}
