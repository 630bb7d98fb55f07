"""Training examples: cached cases and an epoch's number in, batches of subsets and what is known of them out.

What an example is depends only on the seed, the epoch and the case, so a run that is resumed sees the same ones.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pleura.data.augmentation import augment, augment_labels
from pleura.data.cache import SliceCache
from pleura.imaging.sequence import slice_sequence
from pleura.imaging.subsets import slice_subsets
from pleura.settings import AugmentationSettings

__all__ = ["Batch", "Examples"]

# First number of each stream of random numbers, so that none repeats another.
_ORDER, _SUBSET, _AUGMENTATION, _PHASE = 1, 2, 3, 4


class Batch(NamedTuple):
    """Some examples together."""

    inputs: Tensor
    """Normalised slices, float32, (batch, 1, slices, size, size)."""
    labels: Tensor
    """Class numbers, (batch,)."""
    lesions: Tensor | None
    """Lesion masks of these slices, uint8, (batch, slices, size, size); None where they are not asked for."""
    counts: Tensor | None = None
    """Slices of each case, (batch,), where cases differ; what follows them in `inputs` is padding. None for subsets."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """The training cases, ready to be drawn from."""

    cache: SliceCache
    keys: Sequence[str]
    """One cache key a case."""
    labels: Sequence[int]
    """One class number a case."""
    lesions: Sequence[str] = ()
    """One key of a lesion mask a case; empty to go without."""
    augmentation: AugmentationSettings
    seed: int
    batch: int
    """Cases in a batch; the last of an epoch may be smaller."""
    readers: int = 2
    """Threads that read ahead."""

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-len(self) // self.batch)

    def example(self, epoch: int, index: int) -> tuple[Tensor, Tensor | None]:
        """Draw one random subset of a case, or with interval = "every" all its slices, thinned from a random start.

        Parameters
        ----------
        epoch : from 0
        index : the case's place in `keys`

        Returns
        -------
        slices : normalised, float32, shape (1, slices, size, size); with interval = "every" fewer where the case has
            fewer
        lesions : mask of these slices, uint8, shape (slices, size, size); None if there are no keys for it

        Raises
        ------
        CohortError
            If the case's cached slices are missing or damaged.
        """
        settings = self.cache.settings
        array = self.cache.open(self.keys[index])
        if settings.interval == "every":
            phase = float(np.random.default_rng([_PHASE, self.seed, epoch, index]).random())
            indices = slice_sequence(array.count, most=settings.slices, phase=phase)
        else:
            (indices,) = slice_subsets(
                0, array.count, count=1, slices=settings.slices, seed=[_SUBSET, self.seed, epoch, index]
            )
        seed = [_AUGMENTATION, self.seed, epoch, index]
        slices = augment(
            torch.from_numpy(array.take(indices).astype(np.float32)), self.augmentation, np.random.default_rng(seed)
        ).clamp(settings.window_low, settings.window_high)
        lesions = None
        if self.lesions:
            labels = torch.from_numpy(self.cache.open_lesions(self.lesions[index]).take(indices))
            lesions = augment_labels(labels, self.augmentation, np.random.default_rng(seed))
        return ((slices - settings.mean) / settings.std)[None], lesions

    def order(self, epoch: int) -> list[int]:
        """Shuffle the cases for an epoch."""
        return [int(i) for i in np.random.default_rng([_ORDER, self.seed, epoch]).permutation(len(self))]

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Give an epoch's batches."""
        order = self.order(epoch)
        groups = [order[start : start + self.batch] for start in range(0, len(order), self.batch)]
        waiting: deque[tuple[list[Future[tuple[Tensor, Tensor | None]]], list[int]]] = deque()
        with ThreadPoolExecutor(self.readers) as pool:
            for group in groups:
                waiting.append(([pool.submit(self.example, epoch, i) for i in group], group))
                if len(waiting) > 1:  # one batch is read while another is used
                    yield self._collect(*waiting.popleft())
            while waiting:
                yield self._collect(*waiting.popleft())

    def _collect(self, futures: list[Future[tuple[Tensor, Tensor | None]]], group: list[int]) -> Batch:
        drawn = [future.result() for future in futures]
        masks = [lesions for _, lesions in drawn if lesions is not None]
        labels = torch.tensor([self.labels[i] for i in group])
        if self.cache.settings.interval == "every":
            counts = torch.tensor([slices.shape[1] for slices, _ in drawn])
            longest = int(counts.max())
            return Batch(
                inputs=torch.stack([_padded(slices, longest) for slices, _ in drawn]),
                labels=labels,
                lesions=torch.stack([_padded(lesions, longest) for lesions in masks]) if masks else None,
                counts=counts,
            )
        return Batch(
            inputs=torch.stack([slices for slices, _ in drawn]),
            labels=labels,
            lesions=torch.stack(masks) if masks else None,
        )


def _padded(slices: Tensor, longest: int) -> Tensor:
    """Append empty slices at the head's end; (..., slices, size, size) -> (..., longest, size, size)."""
    return functional.pad(slices, (0, 0, 0, 0, 0, longest - slices.shape[-3]))
