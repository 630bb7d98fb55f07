"""Stacks of slices and an epoch's number in, batches of slices, with neighbours where asked for, and their truth out.

What an example is depends only on the seed, the epoch and its number, so a run that is resumed sees the same ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from pleura.data.examples import Batch
from pleura.data.segmentation.augmentation import SliceAugmentation, augment_slices
from pleura.data.segmentation.stacks import Stack
from pleura.errors import CohortError, RecipeError
from pleura.settings import InputSettings

__all__ = ["DrawSettings", "SegmentationExamples"]

_EXAMPLE, _CHANGE = 41, 42
"""First numbers of the streams of random numbers."""


@dataclass(frozen=True, kw_only=True)
class DrawSettings:
    """Which slices are drawn."""

    examples: int = 4096
    """Slices in an epoch."""
    filled: float = 0.7
    """Share of them that show some of what is to be found, where there are others; else lesions would be rare."""
    judged: int = 16
    """Slices of a validation case that are scored after an epoch, at most; evenly spread."""

    def __post_init__(self) -> None:
        if min(self.examples, self.judged) < 1:
            raise RecipeError(f"draw: examples = {self.examples}, judged = {self.judged}; both must be positive")
        if not 0 < self.filled <= 1:
            raise RecipeError(f"draw: filled = {self.filled}; need more than 0, at most 1")


@dataclass(frozen=True, kw_only=True)
class SegmentationExamples:
    """Slices to draw examples from: a patient first, each as likely as another, then one of the patient's slices."""

    stacks: Sequence[Stack]
    settings: DrawSettings
    input: InputSettings
    augmentation: SliceAugmentation
    seed: int
    batch: int
    neighbours: int = 0
    """Slices on each side that are shown with a slice."""
    pools: tuple[tuple[npt.NDArray[np.int64], list[npt.NDArray[np.int64]]], ...] = field(init=False)
    """Numbers of the stacks with slices that show some of what is to be found, and these slices; then of the others."""

    def __post_init__(self) -> None:
        if not any(stack.filled.size for stack in self.stacks):
            raise CohortError(f"not a slice of {len(self.stacks)} training cases shows what is to be found")
        filled = [stack.filled for stack in self.stacks]
        empty = [np.setdiff1d(np.arange(stack.count), stack.filled) for stack in self.stacks]
        object.__setattr__(self, "pools", tuple((_able(slices), slices) for slices in (filled, empty)))

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-self.settings.examples // self.batch)

    def place(self, epoch: int, index: int) -> tuple[int, int]:
        """Draw the place of an example: number of its stack, number of its slice in it."""
        g = np.random.default_rng([_EXAMPLE, self.seed, epoch, index])
        filled, empty = self.pools
        able, slices = filled if g.random() < self.settings.filled or not empty[0].size else empty
        number = int(able[g.integers(len(able))])
        return number, int(g.choice(slices[number]))

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Give an epoch's batches: normalised slices, (batch, 1 + 2 neighbours, size, size), and truth."""
        for first in range(0, self.settings.examples, self.batch):
            numbers = range(first, min(first + self.batch, self.settings.examples))
            places = [self.place(epoch, index) for index in numbers]
            planes = np.stack([self.stacks[number].take(z, self.neighbours) for number, z in places])
            slices, truth = augment_slices(
                torch.from_numpy(planes[:, :-2].astype(np.float32)),
                torch.from_numpy(planes[:, -2].astype(np.uint8)),
                self.augmentation,
                self.input,
                [np.random.default_rng([_CHANGE, self.seed, epoch, index]) for index in numbers],
            )
            yield Batch(inputs=(slices - self.input.mean) / self.input.std, labels=truth.long(), lesions=None)


def _able(slices: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.array([number for number, some in enumerate(slices) if some.size], dtype=np.int64)
