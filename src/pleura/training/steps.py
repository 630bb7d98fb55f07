"""Batches of examples and a network in; the network moved on by a step a batch, and how it went, out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn, optim

from pleura.data.examples import Batch
from pleura.errors import RecipeError

__all__ = ["Goal", "Learner", "Seen", "autocast", "learn"]

Network = TypeVar("Network", bound=nn.Module)

_VOLUMES = 5
"""Axes of a batch that has an axis of slices."""


class Goal(Protocol):
    """What a network is trained for, such as `pleura.training.objective.Objective`."""

    def __call__(
        self,
        trained: nn.Module,
        inputs: Tensor,
        labels: Tensor,
        lesions: Tensor | None,
        *,
        of_batch: Tensor,
        precision: torch.autocast,
        counts: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Compute a part of a batch; the parts' losses add up to the batch's.

        Parameters
        ----------
        trained : what is optimised
        inputs : (part, 1, slices, size, size), or of segmenters (part, 1 + 2 neighbours, size, size)
        labels : class numbers, (part,), or where each pixel has one, (part, size, size)
        lesions : (part, slices, size, size), or None
        of_batch : labels of the whole batch
        precision : for the forward pass; losses are computed in float32
        counts : (part,), slices of each case before its padding; None where all cases have as many

        Returns
        -------
        loss : scalar
        right : scalar, how many of the examples were recognised, or the sum of a measure from 0 to 1 over them
        """


@dataclass(frozen=True, eq=False, kw_only=True)
class Learner(Generic[Network]):
    """A network and all that a step of training needs beside the batch."""

    network: Network
    trained: nn.Module
    """The network, with the head that learns from lesion masks where there is one."""
    optimiser: optim.Optimizer
    objective: Goal
    device: torch.device
    precision: str = "float32"
    """ "float32" or "bfloat16", of the forward pass."""
    microbatch: int = 0
    """Cases in memory at once, 0 for the whole batch."""
    measure: str = "accuracy"
    """What the objective's second answer is called in the log."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How some steps went."""

    steps: int
    cases: int
    """Examples seen; a case counts as often as it was drawn."""
    loss: float
    """Mean over the examples, each as it was before its step; NaN without any."""
    accuracy: float
    """Share of the examples that were recognised before their step, or the objective's own measure of how well they
    were; NaN without any."""
    rate: float
    """Learning rate of the last step; 0 without any."""


def learn(
    learner: Learner[Network],
    batches: Iterable[Batch],
    *,
    rate: Callable[[int], float],
    seed: int,
    on_step: Callable[[], object],
) -> Seen:
    """Train on batches, a step each.

    Parameters
    ----------
    learner : its network and optimiser are changed
    batches : what to learn from
    rate : gives the learning rate of a step by its number, from 0
    seed : of what the network itself draws (DropBlock)
    on_step : called after each step

    Raises
    ------
    RecipeError
        If the library would compute wrong gradients.
    """
    device = learner.device
    learner.network.train()
    loss_sum = torch.zeros((), device=device)
    hits = torch.zeros((), device=device)
    steps, cases, last = 0, 0, 0.0
    with torch.random.fork_rng():  # what the network draws depends on the seed only
        torch.manual_seed(seed)
        for steps, batch in enumerate(batches, start=1):
            last = rate(steps - 1)
            for group in learner.optimiser.param_groups:
                group["lr"] = last
            if batch.counts is None and batch.inputs.ndim == _VOLUMES:
                _refuse_wrong_gradients(learner, batch.inputs.shape[2])
            labels = batch.labels.to(device)
            part = learner.microbatch or len(labels)
            learner.optimiser.zero_grad(set_to_none=True)
            for start in range(0, len(labels), part):
                some = slice(start, start + part)
                x, counts = batch.inputs[some], None
                if batch.counts is not None:
                    counts = batch.counts[some]
                    x = x[:, :, : int(counts.max())]  # padding that no case of this part needs is not computed
                lesions = None if batch.lesions is None else batch.lesions[some][:, : x.shape[2]].to(device)
                x = x.to(device)
                order = torch.channels_last_3d if x.ndim == _VOLUMES else torch.channels_last
                loss, right = learner.objective(
                    learner.trained,
                    x.contiguous(memory_format=order),  # (part, 1, slices, size, size) or (part, 1, size, size)
                    labels[some],
                    lesions,
                    of_batch=labels,
                    precision=autocast(device, learner.precision),
                    counts=None if counts is None else counts.to(device),
                )
                loss.backward()  # type: ignore[no-untyped-call]
                loss_sum += loss.detach() * len(labels)
                hits += right
            learner.optimiser.step()
            cases += len(labels)
            on_step()
    if not cases:
        return Seen(steps=0, cases=0, loss=float("nan"), accuracy=float("nan"), rate=0.0)
    return Seen(steps=steps, cases=cases, loss=float(loss_sum) / cases, accuracy=float(hits) / cases, rate=last)


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Give the context of a forward pass: bfloat16 where it is asked for, else nothing."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def _refuse_wrong_gradients(learner: Learner[Network], slices: int) -> None:
    """Refuse what torch 2.13 computes wrongly on a CPU.

    There the weight gradient of a 3 x 3 x 3 convolution in bfloat16 is read from memory that nobody wrote, where the
    feature map is two slices deep. Every transition halves the depth, so that 4 and 8 slices come to 2 on the way.
    """
    if learner.device.type == "cpu" and learner.precision == "bfloat16" and slices in (2, 4, 8):
        raise RecipeError(
            f"input.slices = {slices} with training.precision = bfloat16 on a CPU: torch computes wrong gradients "
            'where a feature map is 2 slices deep; take 12 or 16 slices, or precision = "float32"'
        )
