"""A model and a split of a cohort in; each case's probabilities and what they amount to out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.data.cache import SliceCache, default_cache_folder
from pleura.data.cohort import Case, Cohort
from pleura.data.task import Task, task_of
from pleura.errors import CohortError
from pleura.evaluation.predictions import Predictions
from pleura.models.files import Model
from pleura.models.predict import predict
from pleura.training.watcher import Silent, Watcher

__all__ = ["Assessment", "assess"]


@dataclass(frozen=True, eq=False)
class Assessment:
    """A model's answers on cases whose truth is known."""

    cases: tuple[Case, ...]
    task: Task
    probabilities: npt.NDArray[np.float64]
    """(cases, classes)."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the answers."""
        return self.task.classes

    @property
    def truth(self) -> npt.NDArray[np.int64]:
        """Index of each case's class, (cases,)."""
        return np.array(self.task.labels(self.cases), dtype=np.int64)

    def predictions(self) -> Predictions:
        """Give the same as the table that the evaluation takes."""
        return Predictions(
            classes=self.classes,
            cases=tuple(case.case for case in self.cases),
            truth=self.truth,
            scores=self.probabilities,
            patients=tuple(case.patient for case in self.cases),
            hospitals=tuple(case.hospital for case in self.cases),
        )


def assess(
    model: Model,
    cohort: Cohort,
    *,
    split: str = "test",
    device: str = "cpu",
    backend: str = "torch",
    workers: int = 1,
    cache_folder: Path | None = None,
    watcher: Watcher | None = None,
) -> Assessment:
    """Classify a split's cases in float32, each by the mean over its slice subsets, as a diagnosis does.

    Parameters
    ----------
    model : a classifier; cases that its task does not arise for are left out
    cohort : as read
    split : train, validation or test
    device : where to compute
    backend : torch, or openvino on the CPU
    workers : processes that prepare slices
    cache_folder : for prepared slices; the user's cache folder by default
    watcher : told of progress

    Raises
    ------
    CohortError
        If the split has no case, or a study cannot be used.
    ModelError, RecipeError, MissingExtraError
        If the model's answers have no truth in a cohort's labels, or the backend is not known, not installed, or does
        not compute on the device.
    """
    watcher = watcher or Silent()
    task = task_of(model.card.task, model.card.classes)
    cases = task.select(cohort, trains=False).split(split)
    if not cases:
        raise CohortError(f"{cohort.folder} has no case of {', '.join(task.classes)} in split {split}; choose another")
    cache = SliceCache(cache_folder or default_cache_folder() / "slices", model.card.input)
    watcher.start("preparing slices", len(cases))
    keys = cache.warm(cases, workers=workers, on_done=lambda _: watcher.advance())
    watcher.start(f"classifying {split}", len(cases))
    rows = []
    for case in cases:
        key = keys[case.case]
        rows.append(predict(model, cache.open(key).all(), seed=int(key[:8], 16), device=device, backend=backend).mean)
        watcher.advance()
    return Assessment(cases=cases, task=task, probabilities=np.stack(rows))
