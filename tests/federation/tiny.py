"""A network of a few numbers and batches of noise, for training that takes no time; and micro hospitals."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pleura.data.examples import Batch
from pleura.models.classifier import Classifier
from pleura.settings import TrainingRecipe, parse_recipe
from training import micro


class Line(Classifier):
    """Mean intensity of each slice to logits, through a norm if asked; a linear model without."""

    def __init__(self, *, slices: int = 4, classes: int = 3, norm: int = 0) -> None:
        super().__init__()
        self.norm: nn.Module = nn.BatchNorm1d(slices) if norm else nn.Identity()
        self.line = nn.Linear(slices, classes)

    def forward_features(self, x: Tensor) -> Tensor:
        means = x.mean(dim=(3, 4))[:, 0]  # (batch, slices)
        return self.norm(means)[:, :, None, None, None]

    def classify(self, features: Tensor, counts: Tensor | None = None) -> Tensor:
        return self.line(features[:, :, 0, 0, 0])


def noise(cases: int, seed: int, *, slices: int = 4, classes: int = 3) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn((cases, 1, slices, 4, 4), generator=generator)
    return Batch(inputs, torch.randint(0, classes, (cases,), generator=generator), None)


@dataclass
class Drawn:
    """Stands where `Examples` stands: an epoch is a list of batches, which depends on its number."""

    cases: int = 6
    batch: int = 2
    seed: int = 5
    epochs: tuple[int, ...] = ()

    @property
    def steps(self) -> int:
        return -(-self.cases // self.batch)

    def batches(self, epoch: int) -> Iterator[Batch]:
        self.epochs = (*self.epochs, epoch)
        for number in range(self.steps):
            yield noise(self.batch, seed=epoch * 100 + number)


def write_hospitals(folder: Path, *, cases: int = 24, masks: bool = False, one_label_each: bool = False) -> Path:
    """A micro cohort of hospitals: three that have cases in turn, or four that have all cases of one label each."""
    micro.write_cohort(folder, cases=cases, masks=masks)
    with (folder / "cases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row["hospital"] = f"has-{row['label']}" if one_label_each else ("east", "north", "west")[number % 3]
    with (folder / "cases.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def recipe(learning_rate: float = 0.5, *, norm: bool = True) -> TrainingRecipe:
    """A recipe for `Line`, which the registry knows while the fixture `slices` is there."""
    return parse_recipe(
        f"""
name = "micro"
architecture = "line"
half = false
[arguments]
slices = 8
norm = {int(norm)}
[input]
size = 8
slices = 8
subsets = 2
[optimiser]
learning_rate = {learning_rate}
[schedule]
epochs = 1
warmup_epochs = 0
[training]
seed = 3
batch = 4
[augmentation]
offset_hu = 10.0
"""
    )


def arrays(**given: list[float] | list[list[float]]) -> dict[str, np.ndarray]:
    return {name: np.array(values, dtype=np.float32) for name, values in given.items()}
