"""Checkpoints: a run's whole state in, one file out, and back; never pickle.

The file is safetensors: the network's weights, the optimiser's state and the best weights so far as tensors, the
rest as JSON in its header. It is written under another name and renamed, so there is always a whole one.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn, optim

from pleura.errors import RecipeError
from pleura.whole_file import whole_file

__all__ = ["Progress", "load_checkpoint", "optimiser_tensors", "restore_optimiser", "save_checkpoint"]


_STATE = "optimiser."


@dataclass
class Progress:
    """How far a run has come, but for its tensors."""

    run: str
    """Hash of all that decides the run: recipe, cohort and first weights."""
    epoch: int = 0
    """Epochs done."""
    history: list[dict[str, float]] = field(default_factory=list)
    """One row of the log an epoch."""
    best_epoch: int = 0
    """Number of the epoch with the lowest validation loss, from 1; 0 before any is scored."""
    best_loss: float = float("inf")


def save_checkpoint(
    path: Path, network: nn.Module, optimiser: optim.Optimizer, progress: Progress, best: dict[str, Tensor]
) -> None:
    """Write a checkpoint in place of the one before.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in best.items()}
    tensors |= {f"{_STATE}{name}": tensor for name, tensor in optimiser_tensors(network, optimiser).items()}
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    data = safetensors.torch.save(whole, metadata={"progress": json.dumps(asdict(progress))})
    with whole_file(path) as made, made.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def load_checkpoint(
    path: Path, network: nn.Module, optimiser: optim.Optimizer, run: str
) -> tuple[Progress, dict[str, Tensor]]:
    """Put a checkpoint's state into a network and its optimiser.

    Parameters
    ----------
    run : hash that the checkpoint must have

    Returns
    -------
    How far the run had come, and its best weights so far (empty if none were scored).

    Raises
    ------
    RecipeError
        If there is no whole checkpoint, or it is of another run.
    """
    if not path.is_file():
        raise RecipeError(f"nothing to resume: no {path.name} in {path.parent}; start without --resume")
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            progress = Progress(**json.loads((file.metadata() or {})["progress"]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise RecipeError(f"{path} is damaged: {error}; delete it and start anew") from error
    if progress.run != run:
        raise RecipeError(
            f"{path} is of another run: the recipe, the cohort or the first weights have changed; choose another folder"
        )
    try:
        network.load_state_dict(_part(tensors, "network."))
        best = _part(tensors, "best.")
        restore_optimiser(network, optimiser, _part(tensors, _STATE))
    except (RuntimeError, KeyError, ValueError) as error:
        raise RecipeError(f"{path} does not fit the network: {error}; delete it and start anew") from error
    return progress, best


def optimiser_tensors(network: nn.Module, optimiser: optim.Optimizer) -> dict[str, Tensor]:
    """Give what an optimiser has kept of each parameter, such as its momentum, by "KIND.PARAMETER"."""
    tensors = {}
    for name, parameter in network.named_parameters():
        for kind, tensor in optimiser.state[parameter].items():
            if isinstance(tensor, Tensor):  # SGD keeps None where there is no momentum
                tensors[f"{kind}.{name}"] = tensor
    return tensors


def restore_optimiser(network: nn.Module, optimiser: optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Give an optimiser back what `optimiser_tensors` took from one of the same network.

    Raises
    ------
    KeyError, ValueError
        If the tensors are of another network.
    """
    parameters = dict(network.named_parameters())
    for whole, tensor in tensors.items():
        kind, name = whole.split(".", 1)
        same = tensor.shape == parameters[name].shape  # a count of steps is a scalar
        like = parameters[name] if same else tensor
        optimiser.state[parameters[name]][kind] = torch.empty_like(like).copy_(tensor)


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
