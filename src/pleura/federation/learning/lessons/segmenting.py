"""A segmenter's recipe and a hospital's cases with masks in; examples, goal and judgement of its training out (DL4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from pleura.data.cohort import Cohort
from pleura.data.segmentation.examples import SegmentationExamples
from pleura.data.segmentation.stacks import Stack, StackCache
from pleura.errors import CohortError, ModelError
from pleura.federation.learning.lesson import AnyModel, Hospital, Judged, Lesson, Panel
from pleura.federation.learning.local import hospital_seed
from pleura.federation.learning.overlap import PooledOverlap, count_overlap, overlap_segments, pool_overlap
from pleura.federation.learning.settings import EvaluationSettings
from pleura.federation.secure_sum.layout import Counts
from pleura.models.files import SegmentationModel, load_segmenter
from pleura.models.segmenter import Segmenter
from pleura.training.objective import Proximal
from pleura.training.segmentation.judge import count_pixels
from pleura.training.segmentation.objective import OverlapObjective
from pleura.training.segmentation.recipe import SegmenterRecipe
from pleura.training.segmentation.train import first_segmenter
from pleura.training.watcher import Watcher

__all__ = ["Segmenting", "SegmentingHospital"]

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class SegmentingHospital(Hospital):
    """One hospital's slices with their masks, small and compressed in memory."""

    lesson: "Segmenting"
    examples: SegmentationExamples
    keys: tuple[str, ...]
    """Of the training cases, then of the validation cases."""
    judged: tuple[Stack, ...]
    """Of the validation cases."""

    @property
    def recipe(self) -> SegmenterRecipe:
        """How it trains."""
        return self.lesson.recipe

    @property
    def labelled(self) -> Whole:
        """Training cases that show nothing of what is to be found, and those that do."""
        showing = sum(stack.filled.size > 0 for stack in self.examples.stacks)
        return np.array([len(self.examples.stacks) - showing, showing], dtype=np.int64)

    @property
    def decisive(self) -> list[object]:
        """Keys of all cases, which hash studies and masks."""
        return [list(self.keys), len(self.judged)]

    def goal(self, proximal: Proximal | None) -> OverlapObjective:
        """Give cross-entropy and Dice, as the recipe weighs them."""
        return OverlapObjective(self.recipe.loss, proximal)

    def judge(self, network: nn.Module, evaluation: EvaluationSettings, watcher: Watcher) -> Judged:  # noqa: ARG002
        """Segment the validation cases, and count pixels; `evaluation` has nothing to say of them."""
        recipe, cases = self.recipe, []
        if self.judged:
            watcher.start(f"{self.name}: validation", len(self.judged))
        for stack in self.judged:
            cases.append(
                count_pixels(
                    cast("Segmenter", network),
                    recipe.input,
                    stack,
                    most=recipe.draw.judged,
                    inside=recipe.task == "lesions",
                    device=self.device,
                    precision=recipe.training.precision,
                )
            )
            watcher.advance()
        loss = float(np.mean([one.entropy for one in cases])) if cases else None
        return Judged(count_overlap(cases, len(recipe.classes)), loss)


class Segmenting(Lesson):
    """To find lesions, or the lungs, in slices."""

    recipe: SegmenterRecipe

    def __init__(self, recipe: SegmenterRecipe) -> None:
        self.recipe, self.classes = recipe, recipe.classes
        self.labels = ("without", "with")
        self.panels = (
            Panel("overlap", {"dice": "Dice of all pixels", "dice_per_case": "mean Dice of the cases"}, "Dice"),
            Panel("pixels", {"sensitivity": "sensitivity", "precision": "precision"}, "share"),
            Panel("probabilities", {"cross_entropy": "cross-entropy"}, "cross-entropy", share=False),
        )

    def network(self, parent: AnyModel | None = None) -> nn.Module:
        """Make the segmenter."""
        if parent is not None and not isinstance(parent, SegmentationModel):
            raise ModelError(f"model {parent.card.name} is a classifier; {self.recipe.name} needs a segmenter")
        return first_segmenter(self.recipe, parent)

    def place(self, network: nn.Module, device: torch.device) -> nn.Module:
        """Bring it to channels last."""
        placed: nn.Module = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return placed

    def load(self, reference: str | Path) -> SegmentationModel:
        """Load a segmenter."""
        return load_segmenter(reference)

    def select(self, cohort: Cohort) -> Cohort:
        """Take all cases; whether they have the masks that are needed is seen when they are prepared."""
        if not cohort.split("train"):
            raise CohortError("no case in split train; a segmenter needs some with masks")
        return cohort

    def prepare(
        self, name: str, cohort: Cohort, *, device: torch.device, cache_folder: Path, workers: int, watcher: Watcher
    ) -> SegmentingHospital:
        """Make a hospital's cases ready; one of the training cases at least has to show what is to be found."""
        recipe = self.recipe
        training, validation = cohort.split("train"), cohort.split("validation")
        if not training:
            raise CohortError(f"hospital {name} has no training case; it cannot take part")
        cache = StackCache(cache_folder / "masked", recipe.input, recipe.task)
        used = (*training, *validation)
        watcher.start(f"{name}: preparing slices", len(used))
        stacks = cache.load(used, workers=workers, on_done=lambda _: watcher.advance())
        try:
            examples = recipe.examples(stacks[: len(training)], seed=hospital_seed(recipe.training.seed, name))
        except CohortError as error:
            raise CohortError(f"hospital {name} cannot take part: {error}") from error
        return SegmentingHospital(
            name=name,
            device=device,
            lesson=self,
            examples=examples,
            keys=tuple(cache.key(case) for case in used),
            judged=tuple(stacks[len(training) :]),
        )

    def segments(self, evaluation: EvaluationSettings) -> tuple[Counts, ...]:
        """Count pixels found, found wrongly and missed, and the cases' own Dice."""
        pixels = self.recipe.draw.judged * self.recipe.input.size**2
        return overlap_segments(len(self.classes), pixels=pixels, most_cases=evaluation.most_cases)

    def pool(self, counts: Mapping[str, Whole], evaluation: EvaluationSettings) -> PooledOverlap:  # noqa: ARG002
        """Compute Dice of all pixels, and the mean of the cases'."""
        return pool_overlap(counts, self.classes)

    def in_words(self, row: Mapping[str, Any]) -> str:
        """Say both kinds of Dice."""
        if "dice_per_case" not in row:
            return ""
        return f"Dice {row['dice']:.3f} of all pixels, {row['dice_per_case']:.3f} a case, {row['having']} cases"

    def summary(self, row: Mapping[str, Any], *, synthetic: bool) -> str:
        """Say the cases' mean Dice, and that of all pixels."""
        if "dice_per_case" not in row:
            return ""
        kind = "synthetic " if synthetic else ""
        return (
            f"mean Dice {row['dice_per_case']:.3f} on {row['having']} {kind}validation cases, {row['dice']:.3f} over "
            "all their pixels together"
        )
