"""Training examples: cached cases and an epoch's number in, batches of normalised subsets with their labels out.

What an example is depends only on the seed, the epoch and the case, so a run that is resumed sees the same ones.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pleura.data.augmentation import augment
from pleura.data.cache import SliceCache
from pleura.imaging.subsets import slice_subsets
from pleura.settings import AugmentationSettings

__all__ = ["Examples"]

# First number of each stream of random numbers, so that none repeats another.
_ORDER, _SUBSET, _AUGMENTATION = 1, 2, 3


@dataclass(frozen=True, kw_only=True)
class Examples:
    """The training cases, ready to be drawn from."""

    cache: SliceCache
    keys: Sequence[str]
    """One cache key a case."""
    labels: Sequence[int]
    """One class number a case."""
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

    def example(self, epoch: int, index: int) -> Tensor:
        """Draw one random subset of a case.

        Parameters
        ----------
        epoch : from 0
        index : the case's place in `keys`

        Returns
        -------
        Normalised, float32, shape (1, slices, size, size).

        Raises
        ------
        CohortError
            If the case's cached slices are missing or damaged.
        """
        settings = self.cache.settings
        array = self.cache.open(self.keys[index])
        (indices,) = slice_subsets(
            0, array.count, count=1, slices=settings.slices, seed=[_SUBSET, self.seed, epoch, index]
        )
        slices = torch.from_numpy(array.take(indices).astype(np.float32))
        rng = np.random.default_rng([_AUGMENTATION, self.seed, epoch, index])
        slices = augment(slices, self.augmentation, rng).clamp(settings.window_low, settings.window_high)
        return ((slices - settings.mean) / settings.std)[None]

    def order(self, epoch: int) -> list[int]:
        """Shuffle the cases for an epoch."""
        return [int(i) for i in np.random.default_rng([_ORDER, self.seed, epoch]).permutation(len(self))]

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Give an epoch's batches: inputs (batch, 1, slices, size, size) and class numbers (batch,)."""
        order = self.order(epoch)
        groups = [order[start : start + self.batch] for start in range(0, len(order), self.batch)]
        waiting: deque[tuple[list[Future[Tensor]], list[int]]] = deque()
        with ThreadPoolExecutor(self.readers) as pool:
            for group in groups:
                waiting.append(([pool.submit(self.example, epoch, i) for i in group], group))
                if len(waiting) > 1:  # one batch is read while another is used
                    yield self._collect(*waiting.popleft())
            while waiting:
                yield self._collect(*waiting.popleft())

    def _collect(self, futures: list[Future[Tensor]], group: list[int]) -> tuple[Tensor, Tensor]:
        inputs = torch.stack([future.result() for future in futures])
        return inputs, torch.tensor([self.labels[i] for i in group])
