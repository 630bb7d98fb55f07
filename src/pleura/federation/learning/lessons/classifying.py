"""A classifier's recipe and a hospital's labelled cases in; examples, goal and judgement of its training out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from pleura.data.cache import SliceCache
from pleura.data.cohort import Cohort
from pleura.data.examples import Examples
from pleura.data.task import Task, find_task
from pleura.errors import CohortError, ModelError
from pleura.evaluation.multiclass import log_loss
from pleura.federation.learning.lesson import AnyModel, Hospital, Judged, Lesson, Panel
from pleura.federation.learning.local import hospital_seed
from pleura.federation.learning.pooled import Pooled, pool
from pleura.federation.learning.scores import count_answers, score_segments
from pleura.federation.learning.settings import EvaluationSettings
from pleura.federation.secure_sum.layout import Counts
from pleura.models.classifier import Classifier
from pleura.models.files import Model, load_model
from pleura.settings import TrainingRecipe
from pleura.training.initial import first_network, lay_out, with_lesions
from pleura.training.loop import score
from pleura.training.losses import class_weights
from pleura.training.objective import Objective, Proximal
from pleura.training.watcher import Watcher

__all__ = ["Classifying", "ClassifyingHospital"]

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassifyingHospital(Hospital):
    """One hospital's cases with their classes."""

    lesson: "Classifying"
    cache: SliceCache
    examples: Examples
    labels: Whole
    """Class numbers of the training cases."""
    validation_keys: tuple[str, ...]
    validation_labels: Whole

    @property
    def recipe(self) -> TrainingRecipe:
        """How it trains."""
        return self.lesson.recipe

    @property
    def task(self) -> Task:
        """What is told apart."""
        return self.lesson.task

    @property
    def labelled(self) -> Whole:
        """Training cases by class."""
        return np.bincount(self.labels, minlength=len(self.task.classes)).astype(np.int64)

    @property
    def decisive(self) -> list[object]:
        """Keys and classes of all cases."""
        return [
            list(zip(self.examples.keys, self.labels.tolist(), strict=True)),
            list(self.examples.lesions),
            list(zip(self.validation_keys, self.validation_labels.tolist(), strict=True)),
        ]

    def goal(self, proximal: Proximal | None) -> Objective:
        """Weigh classes, where the recipe balances them, by their shares of the hospital's own training cases."""
        weights = class_weights(self.recipe.loss, self.task.classes, self.labels.tolist()).to(self.device)
        return Objective(self.recipe.loss, weights, proximal)

    def judge(self, network: nn.Module, evaluation: EvaluationSettings, watcher: Watcher) -> Judged:
        """Classify the validation cases, and count the answers."""
        assert isinstance(network, Classifier)
        keys, classes = self.validation_keys, len(self.task.classes)
        probabilities = np.zeros((0, classes))
        if keys:
            watcher.start(f"{self.name}: validation", len(keys))
            probabilities = score(
                network,
                self.recipe.input,
                self.cache,
                keys,
                device=self.device,
                precision=self.recipe.training.precision,
                watcher=watcher,
            )
        counts = count_answers(probabilities, self.validation_labels, classes=classes, bins=evaluation.bins)
        return Judged(counts, log_loss(probabilities, self.validation_labels) if keys else None)


class Classifying(Lesson):
    """To tell cases apart by their labels: `pleura.data.task` has the tasks."""

    recipe: TrainingRecipe

    def __init__(self, recipe: TrainingRecipe) -> None:
        self.recipe, self.task = recipe, find_task(recipe.task)
        self.classes = self.labels = self.task.classes
        names = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "auc": "mean AUC"}
        losses = {"log_loss": "log loss", "calibration_error": "calibration error"}
        self.panels = (
            Panel("all classes", names, "share"),
            Panel("sensitivity", {f"sensitivity {name}": name for name in self.classes}, "sensitivity"),
            Panel("probabilities", losses, "log loss, calibration error", share=False),
        )

    def network(self, parent: AnyModel | None = None) -> nn.Module:
        """Make the classifier, with the head that learns from lesion masks where the recipe asks for it."""
        if parent is not None and not isinstance(parent, Model):
            raise ModelError(f"model {parent.card.name} is a segmenter; {self.recipe.name} needs a classifier")
        return with_lesions(first_network(self.recipe, self.classes, parent), self.recipe)

    def place(self, network: nn.Module, device: torch.device) -> nn.Module:
        """Bring the weights of 3 x 3 x 3 convolutions into the order that is fastest for them."""
        return lay_out(network.to(device))

    def load(self, reference: str | Path) -> Model:
        """Load a classifier."""
        return load_model(reference)

    def select(self, cohort: Cohort) -> Cohort:
        """Leave out cases that the task does not arise for."""
        return self.task.select(cohort)

    def prepare(
        self, name: str, cohort: Cohort, *, device: torch.device, cache_folder: Path, workers: int, watcher: Watcher
    ) -> ClassifyingHospital:
        """Make a hospital's cases ready; it need not have cases of every class."""
        task, recipe = self.task, self.recipe
        cohort = task.select(cohort, trains=False)
        training, validation = cohort.split("train"), cohort.split("validation")
        if not training:
            raise CohortError(f"hospital {name} has no training case of {', '.join(task.classes)}; it cannot take part")
        cache = SliceCache(cache_folder, recipe.input)
        watcher.start(f"{name}: preparing slices", len(training) + len(validation))
        keys = cache.warm((*training, *validation), workers=workers, on_done=lambda _: watcher.advance())
        masks = cache.warm_lesions(training, keys) if recipe.loss.lesions else {}
        labels = task.labels(training)
        examples = Examples(
            cache=cache,
            keys=[keys[case.case] for case in training],
            labels=labels,
            lesions=[masks[case.case] for case in training] if masks else (),
            augmentation=recipe.augmentation,
            seed=hospital_seed(recipe.training.seed, name),
            batch=recipe.training.batch,
        )
        return ClassifyingHospital(
            name=name,
            device=device,
            lesson=self,
            cache=cache,
            examples=examples,
            labels=np.array(labels, dtype=np.int64),
            validation_keys=tuple(keys[case.case] for case in validation),
            validation_labels=np.array(task.labels(validation), dtype=np.int64),
        )

    def segments(self, evaluation: EvaluationSettings) -> tuple[Counts, ...]:
        """Count answers by class and probability."""
        return score_segments(len(self.classes), evaluation.bins, evaluation.most_cases)

    def pool(self, counts: Mapping[str, Whole], evaluation: EvaluationSettings) -> Pooled:
        """Compute sensitivities, specificities, ROC curves and calibration."""
        return pool(counts, self.classes, evaluation.bins)

    def in_words(self, row: Mapping[str, Any]) -> str:
        """Say loss and accuracy."""
        if "accuracy" not in row:
            return ""
        return f"log loss {row['log_loss']:.3f}, accuracy {row['accuracy']:.3f} on {row['cases']} cases"

    def summary(self, row: Mapping[str, Any], *, synthetic: bool) -> str:
        """Say which share was right."""
        if "accuracy" not in row:
            return ""
        return f"{row['accuracy']:.1%} of {row['cases']} {'synthetic ' if synthetic else ''}validation cases right"
