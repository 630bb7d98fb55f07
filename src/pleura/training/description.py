"""A recipe, a cohort and scores in, the card of the model that was trained out."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import torch

from pleura import __version__
from pleura.data.cohort import Cohort
from pleura.data.task import find_task
from pleura.models.card import Card
from pleura.models.files import Model
from pleura.models.toml_write import to_toml
from pleura.settings import TrainingRecipe

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["cohort_facts", "recipe_hash", "run_facts", "training_card", "validation_metrics"]


def training_card(
    recipe: TrainingRecipe,
    cohort: Cohort,
    *,
    parent: Model | None,
    pretrained: str = "",
    epochs: int,
    scores: Mapping[str, float],
) -> Card:
    """Describe a trained model.

    Parameters
    ----------
    recipe, cohort : what it was trained by and on
    parent : the model whose weights training began with
    pretrained : SHA-256 of a file of another task's weights that training began with; empty without one
    epochs : passes over the training cases that the weights have seen
    scores : of the weights on the validation cases, as `pleura.training.loop.validate` gives them; may be empty
    """
    classes = find_task(recipe.task).classes
    synthetic = cohort.synthetic and (parent is None or parent.card.synthetic)
    cases = len(cohort.split("train"))
    hospitals = cohort.counts("hospital", "train")
    return Card(
        name=recipe.name,
        architecture=recipe.architecture,
        arguments={"classes": len(classes), **recipe.arguments},
        classes=classes,
        task=recipe.task,
        input=recipe.input,
        licence="Apache-2.0",
        training={
            "summary": f"{cases} {'synthetic' if cohort.synthetic else 'real'} cases of {len(hospitals)} hospitals",
            "synthetic": synthetic,
            **cohort_facts(cohort),
            **run_facts(recipe, seed=recipe.training.seed, epochs=epochs),
            "labels": cohort.counts("label", "train"),
            **({"pretrained_sha256": pretrained} if pretrained else {}),
            **({"severities": cohort.counts("severity", "train")} if recipe.task == "severity" else {}),
            "hospitals": hospitals,
        },
        metrics=validation_metrics(cohort, scores),
        parent="" if parent is None else parent.id,
    )


def cohort_facts(cohort: Cohort) -> dict[str, object]:
    """Give what a card says of the cohort that a model was trained on."""
    return {
        "cohort": cohort.name,
        "generator": cohort.generator,
        "cohort_seed": cohort.seed,
        "cases": len(cohort.split("train")),
    }


def run_facts(recipe: "DataclassInstance", *, seed: int, epochs: int) -> dict[str, object]:
    """Give what a card says of a training run by a recipe of any kind: how long, from which seed, by what."""
    return {
        "epochs": epochs,
        "seed": seed,
        "recipe_sha256": recipe_hash(recipe),
        "pleura": __version__,
        "torch": str(torch.__version__),
    }


def validation_metrics(cohort: Cohort, scores: Mapping[str, float]) -> dict[str, object]:
    """Give what a card says of the validation cases; nothing without scores.

    Parameters
    ----------
    cohort, scores : as for `training_card`
    """
    if not scores:
        return {}
    scored = len(cohort.split("validation"))
    numbers = {name.removeprefix("validation_"): round(value, 4) for name, value in scores.items()}
    kind = "synthetic " if cohort.synthetic else ""
    return {
        "summary": f"{numbers['accuracy']:.1%} of {scored} {kind}validation cases right",
        "validation": {"cases": scored, **numbers},
    }


def recipe_hash(recipe: "DataclassInstance") -> str:
    """Give the SHA-256 of a recipe of any kind with all its defaults written out."""
    return hashlib.sha256(to_toml(asdict(recipe)).encode()).hexdigest()
