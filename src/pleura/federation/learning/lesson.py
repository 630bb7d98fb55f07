"""What a recipe has hospitals learn, as one shape for all kinds: networks, cases and judgements behind a few methods.

Rounds, strategies and protection are the same for a classifier of scans and for a segmenter of slices. What differs is
here: which network is trained, what its examples and its goal are, what is counted when it is judged, and what the sum
of these counts says. `pleura.federation.learning.lessons` has one module for each kind.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from pleura.data.cohort import Cohort
from pleura.data.examples import Batch
from pleura.federation.learning.settings import EvaluationSettings
from pleura.federation.secure_sum.layout import Counts
from pleura.models.files import Model, SegmentationModel
from pleura.settings import TrainingRecipe
from pleura.training.lesion_loss import WithLesions
from pleura.training.objective import Proximal
from pleura.training.segmentation.recipe import SegmenterRecipe
from pleura.training.steps import Goal
from pleura.training.watcher import Watcher

__all__ = ["AnyModel", "Drawn", "Hospital", "Judged", "Judgement", "Lesson", "Panel", "Recipe", "bare"]

AnyModel = Model | SegmentationModel
Recipe = TrainingRecipe | SegmenterRecipe
Whole = npt.NDArray[np.int64]


class Drawn(Protocol):
    """A hospital's training cases, ready to be drawn from."""

    @property
    def seed(self) -> int:
        """The hospital's own."""
        ...

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        ...

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Give an epoch's batches; the same epoch gives the same."""
        ...


class Judgement(Protocol):
    """How good a model is on the validation cases of all hospitals together."""

    def row(self) -> dict[str, float | int]:
        """Give the numbers as columns of a table, "cases" among them; those that do not exist are left out."""
        ...


@dataclass(frozen=True, eq=False)
class Judged:
    """One hospital's judgement of a model, on its own validation cases."""

    counts: Mapping[str, Whole]
    """By the segments of `Lesson.segments`."""
    loss: float | None
    """Mean over the cases, for weights that go by it; None without a case."""


@dataclass(frozen=True)
class Panel:
    """One pair of axes of the figure of rounds."""

    title: str
    lines: Mapping[str, str]
    """Column of the table -> what it is called."""
    label: str
    """Of the axis up."""
    share: bool = True
    """Whether the axis goes from 0 to 1; otherwise from 0 up."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Hospital(ABC):
    """One hospital's cases, ready to train and be judged on; made by `Lesson.prepare`."""

    name: str
    device: torch.device
    lesson: "Lesson"
    """What it learns."""
    examples: Drawn
    """Of the training cases."""

    @property
    def recipe(self) -> Recipe:
        """How it trains."""
        return self.lesson.recipe

    @property
    @abstractmethod
    def labelled(self) -> Whole:
        """Training cases by `Lesson.labels`; their sum is their number."""

    @property
    @abstractmethod
    def decisive(self) -> list[object]:
        """All of its cases that decides a run, as JSON can hold it."""

    @abstractmethod
    def goal(self, proximal: Proximal | None) -> Goal:
        """Give what a network is trained for on these cases."""

    @abstractmethod
    def judge(self, network: nn.Module, evaluation: EvaluationSettings, watcher: Watcher) -> Judged:
        """Judge a network, without any head that is for training alone, on the validation cases; there may be none."""


class Lesson(ABC):
    """What a recipe has hospitals learn; made by `pleura.federation.learning.lessons.find.find_lesson`."""

    recipe: Recipe
    classes: tuple[str, ...]
    """Of the network's outputs, in their order."""
    labels: tuple[str, ...]
    """What training cases are counted by."""
    panels: tuple[Panel, ...]
    """Of the figure of rounds."""

    @abstractmethod
    def network(self, parent: AnyModel | None = None) -> nn.Module:
        """Make what is trained, with fresh weights from the recipe's seed or those of a parent; on the CPU.

        Raises
        ------
        RecipeError, ModelError
            If the recipe cannot be used, or the parent is of another kind.
        """

    @abstractmethod
    def place(self, network: nn.Module, device: torch.device) -> nn.Module:
        """Bring a network to a device, in the order in memory that is fastest there."""

    @abstractmethod
    def load(self, reference: str | Path) -> AnyModel:
        """Load a model of the kind that is learned; `ModelError` if it is another."""

    @abstractmethod
    def select(self, cohort: Cohort) -> Cohort:
        """Give the cases that count; `CohortError` if a class has no training case."""

    @abstractmethod
    def prepare(
        self, name: str, cohort: Cohort, *, device: torch.device, cache_folder: Path, workers: int, watcher: Watcher
    ) -> Hospital:
        """Make a hospital's cases ready; parameters and errors as of `prepare_hospital`."""

    @abstractmethod
    def segments(self, evaluation: EvaluationSettings) -> Sequence[Counts]:
        """Name what is counted when a model is judged, and what one hospital's counts may be at the most."""

    @abstractmethod
    def pool(self, counts: Mapping[str, Whole], evaluation: EvaluationSettings) -> Judgement:
        """Judge from the sums of all hospitals' counts."""

    @abstractmethod
    def in_words(self, row: Mapping[str, Any]) -> str:
        """Say how good a model is, for a line of progress; empty where `row` of a judgement has no case."""

    @abstractmethod
    def summary(self, row: Mapping[str, Any], *, synthetic: bool) -> str:
        """Say the same in a sentence for the model's card; empty without a case."""


def bare(trained: nn.Module) -> nn.Module:
    """Leave out a head that is there for training alone."""
    return trained.network if isinstance(trained, WithLesions) else trained
