"""The rounds of a federated training in; their table and figure, and the model with a card that tells of them, out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import nn

from pleura import __version__
from pleura.evaluation.figures.style import COLOURS, new_figure, style
from pleura.federation.learning.lesson import AnyModel, Lesson, Panel, bare
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.state import GlobalState
from pleura.federation.learning.tensors import Arrays
from pleura.models.card import Card
from pleura.models.files import save_model
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
    lesson: Lesson,
    settings: FederationSettings,
    state: GlobalState,
    row: Mapping[str, float | int],
    *,
    hospitals: int,
    synthetic: bool,
    simulated: bool,
    parent: AnyModel | None,
) -> Card:
    """Describe a model that hospitals trained together, with nothing that is not in the sums of all of them.

    Parameters
    ----------
    lesson, settings : what was learned, and how
    state : the global model
    row : how good it is on the hospitals' validation cases together, as the judgement's row; may be empty
    hospitals : how many took part in the last round
    synthetic : whether all training data are synthetic
    simulated : whether the hospitals were simulated in one process
    parent : the model that the first round began with
    """
    recipe, kind = lesson.recipe, "synthetic" if synthetic else "real"
    cases, how = sum(state.labels), "federated in a simulation" if simulated else "federated"
    unit = settings.local.unit.removesuffix("s") if settings.local.amount == 1 else settings.local.unit
    summary = lesson.summary(row, synthetic=synthetic)
    metrics: dict[str, object] = {}
    if summary:
        numbers = {name.replace(" ", "_"): round(value, 4) for name, value in row.items()}
        metrics = {"summary": summary, "validation": numbers}
    return Card(
        name=recipe.name,
        architecture=recipe.architecture,
        arguments={"classes": len(lesson.classes), **recipe.arguments},
        classes=lesson.classes,
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
            "labels": dict(zip(lesson.labels, state.labels, strict=True)),
        },
        metrics=metrics,
        parent="" if parent is None else parent.id,
    )


def write_model(lesson: Lesson, trained: nn.Module, card: Card, path: Path) -> AnyModel:
    """Write a model's folder, without any head that is for training alone, and read it back."""
    save_model(bare(trained), card, path, half=lesson.recipe.half)
    return lesson.load(path)


def rounds_figure(
    rows: Sequence[Mapping[str, float | int | str]], panels: Sequence[Panel], *, title: str = ""
) -> Figure:
    """Draw how good the global model is after each round, on all hospitals' validation cases together.

    Parameters
    ----------
    rows : of rounds.csv
    panels : of what is learned, side by side
    title : stands above all
    """
    with style():
        figure = new_figure(3.5 * len(panels), 4.2)
        if title:
            figure.suptitle(title, fontsize=10)
        for place, panel in enumerate(panels):
            axes = figure.add_subplot(1, len(panels), place + 1)
            _lines(axes, rows, panel.lines)
            axes.set_title(f"{chr(ord('a') + place)}  {panel.title}", loc="left")
            axes.set_ylabel(panel.label)
            if panel.share:
                axes.set_ylim(0, 1.02)
            else:
                axes.set_ylim(bottom=0)
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
