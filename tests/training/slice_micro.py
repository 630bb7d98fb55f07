"""A slice network that trains in a second on the micro cohort, its cases to be judged on, and models of its kind."""

from pathlib import Path

import torch

from pleura.data.task import find_task
from pleura.models.card import Card
from pleura.models.files import save_model
from pleura.models.slice_gru import SliceGru
from pleura.settings import TrainingRecipe, parse_recipe

RECIPE = """
name = "micro-{task}"
task = "{task}"
architecture = "resnext-gru"
[arguments]
depth = 11
groups = 2
group_width = 2
stem = 4
norm_groups = 2
hidden = 4
[input]
size = 16
slices = {slices}
subsets = 1
interval = "every"
[optimiser]
kind = "adamw"
learning_rate = 0.01
[schedule]
epochs = 2
warmup_epochs = 0
[training]
seed = 3
batch = 4
"""


def recipe(task: str, *, slices: int = 12, more: str = "") -> TrainingRecipe:
    return parse_recipe(RECIPE.format(task=task, slices=slices) + more)


def keep_judged(folder: Path) -> Path:
    """Leave a micro cohort of 32 its eight validation cases, two a class, and make the second four test cases."""
    head, *rows = (folder / "cases.csv").read_text().splitlines()
    judged = [row for row in rows if ",validation," in row]
    half = len(judged) // 2
    kept = [*judged[:half], *(row.replace(",validation,", ",test,") for row in judged[half:])]
    (folder / "cases.csv").write_text("\n".join([head, *kept]) + "\n")
    return folder


def write_model(folder: Path, task: str, *, seed: int = 0, bias: float = 0.0) -> Path:
    """Write a model with fresh weights for a task; `bias` is added to the logit of its second class."""
    chosen = recipe(task)
    classes = find_task(task).classes
    arguments = {"classes": len(classes), **chosen.arguments}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = SliceGru(**arguments)
    with torch.no_grad():
        network.classifier.bias[1] += bias
    card = Card(
        name=chosen.name,
        architecture=chosen.architecture,
        arguments=arguments,
        classes=classes,
        input=chosen.input,
        licence="Apache-2.0",
        training={"synthetic": True, "summary": "nothing; a test"},
        task=task,
    )
    save_model(network, card, folder / chosen.name)
    return folder / chosen.name
