"""The rounds of a federated training in; their table and figure, and the model with a card that tells of them, out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pleura import __version__
from pleura.evaluation.figures.style import COLOURS, new_figure, style
from pleura.federation.learning.pooled import Pooled
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.state import GlobalState
from pleura.federation.learning.tensors import Arrays
from pleura.models.card import Card
from pleura.models.classifier import Classifier
from pleura.models.files import Model, load_model, save_model
from pleura.settings import TrainingRecipe
from pleura.training.description import recipe_hash

__all__ = ["Row", "as_written", "federated_card", "rounds_figure", "write_model"]

Row = dict[str, float | int | str]
"""One line of rounds.csv."""
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 2)))


def as_written(tensors: Arrays, *, half: bool) -> dict[str, Any]:
    """Round a model's tensors as a model file does, so that what is judged is what is written."""
    return {
        name: array.astype(np.float16).astype(np.float32) if half and array.ndim > 1 else array
        for name, array in tensors.items()
    }


def federated_card(
    recipe: TrainingRecipe,
    settings: FederationSettings,
    state: GlobalState,
    pooled: Pooled,
    *,
    hospitals: int,
    synthetic: bool,
    simulated: bool,
    classes: Sequence[str],
    parent: Model | None,
) -> Card:
    """Describe a model that hospitals trained together, with nothing that is not in the sums of all of them.

    Parameters
    ----------
    recipe, settings : how it was trained
    state : the global model
    pooled : how good it is on the hospitals' validation cases together
    hospitals : how many took part in the last round
    synthetic : whether all training data are synthetic
    simulated : whether the hospitals were simulated in one process
    classes : in the order of the outputs
    parent : the model that the first round began with
    """
    kind = "synthetic" if synthetic else "real"
    cases, how = sum(state.labels), "federated in a simulation" if simulated else "federated"
    unit = settings.local.unit.removesuffix("s") if settings.local.amount == 1 else settings.local.unit
    metrics: dict[str, object] = {}
    if pooled.accuracy is not None:
        metrics["summary"] = (
            f"{pooled.accuracy.value:.1%} of {pooled.cases} {'synthetic ' if synthetic else ''}validation cases right"
        )
        metrics["validation"] = {name.replace(" ", "_"): round(value, 4) for name, value in pooled.row().items()}
    return Card(
        name=recipe.name,
        architecture=recipe.architecture,
        arguments={"classes": len(classes), **recipe.arguments},
        classes=tuple(classes),
        task=recipe.task,
        input=recipe.input,
        licence="Apache-2.0",
        training={
            "summary": f"{cases} {kind} cases of {hospitals} hospitals, {how}",
            "synthetic": synthetic and (parent is None or parent.card.synthetic),
            "federated": True,
            "simulated": simulated,
            "federation": settings.name,
            "cases": cases,
            "hospitals": hospitals,
            "rounds": state.round,
            "local": f"{settings.local.amount:g} {unit} a round",
            "strategy": settings.strategy.name,
            "weights": settings.weights.by,
            "protection": settings.protection.backend,
            "seed": recipe.training.seed,
            "recipe_sha256": recipe_hash(recipe),
            "state_sha256": state.digest,
            "pleura": __version__,
            "torch": str(torch.__version__),
            "labels": dict(zip(classes, state.labels, strict=True)),
        },
        metrics=metrics,
        parent="" if parent is None else parent.id,
    )


def write_model(network: Classifier, card: Card, path: Path, *, half: bool) -> Model:
    """Write a model's folder and read it back."""
    save_model(network, card, path, half=half)
    return load_model(path)


def rounds_figure(
    rows: Sequence[Mapping[str, float | int | str]], classes: Sequence[str], *, title: str = ""
) -> Figure:
    """Draw how good the global model is after each round, on all hospitals' validation cases together.

    Parameters
    ----------
    rows : of rounds.csv
    classes : names, in order
    title : stands above all
    """
    with style():
        figure = new_figure(10.5, 4.2)
        if title:
            figure.suptitle(title, fontsize=10)
        overall, sensitivity, loss = (figure.add_subplot(1, 3, place) for place in (1, 2, 3))
        names = ("accuracy", "balanced_accuracy", "auc")
        _lines(overall, rows, dict(zip(names, ("accuracy", "balanced accuracy", "mean AUC"), strict=True)))
        overall.set_title("a  all classes", loc="left")
        overall.set(ylim=(0, 1.02), ylabel="share")
        _lines(sensitivity, rows, {f"sensitivity {name}": name for name in classes})
        sensitivity.set_title("b  sensitivity", loc="left")
        sensitivity.set(ylim=(0, 1.02), ylabel="sensitivity")
        _lines(loss, rows, {"log_loss": "log loss", "calibration_error": "calibration error"})
        loss.set_title("c  probabilities", loc="left")
        loss.set(ylabel="log loss, calibration error")
        loss.set_ylim(bottom=0)
        for axes in (overall, sensitivity, loss):
            axes.set_xlabel("rounds behind the model")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    return figure


def _lines(axes: Axes, rows: Sequence[Mapping[str, float | int | str]], columns: Mapping[str, str]) -> None:
    for number, (column, label) in enumerate(columns.items()):
        known = [row for row in rows if column in row]
        if known:
            axes.plot(
                [int(row["round"]) for row in known],
                [float(row[column]) for row in known],
                color=COLOURS[number % len(COLOURS)],
                linestyle=_DASHES[number % len(_DASHES)],
                marker="o",
                markersize=2.5,
                label=label,
            )
