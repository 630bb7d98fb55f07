"""A network in, its weights and running statistics as named arrays in a fixed order out; and back.

The order is that in which the architecture registers its tensors, the same in every hospital. All of them are float32.
Batch norm's count of batches is left out: with a fixed momentum, as here, it enters no result, and it stays what it is
in the network that is written to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from pleura.errors import ModelError

__all__ = ["Arrays", "Travelling", "read_tensors", "travelling", "write_tensors"]

Arrays = Mapping[str, npt.NDArray[np.float32]]
"""Name of a tensor -> its numbers, in the tensor's shape."""


@dataclass(frozen=True)
class Travelling:
    """A tensor that hospitals may add up."""

    name: str
    shape: tuple[int, ...]
    statistic: bool
    """Whether it is a running statistic: learned from no gradient, only averaged."""
    norm: bool
    """Whether it belongs to a batch norm layer."""

    @property
    def size(self) -> int:
        """How many numbers."""
        return prod(self.shape)


def travelling(network: nn.Module) -> tuple[Travelling, ...]:
    """List a network's weights and running statistics in their fixed order.

    Raises
    ------
    ModelError
        If a tensor is not float32, or a batch norm averages over all batches since the first, which no sum of
        hospitals' statistics can stand for.
    """
    norms = {name: module for name, module in network.named_modules() if isinstance(module, _BatchNorm)}
    cumulative = [name for name, module in norms.items() if module.momentum is None]
    if cumulative:
        raise ModelError(f"batch norm {cumulative[0]} has no momentum; give it one to train it in a federation")
    counts = {f"{name}.num_batches_tracked" for name in norms}
    weights = dict(network.named_parameters())
    found = []
    for name, tensor in network.state_dict().items():
        if name in counts:
            continue
        if tensor.dtype != torch.float32:
            raise ModelError(f"tensor {name} is {tensor.dtype}; a federation adds up float32 only")
        owner = name.rpartition(".")[0]
        found.append(Travelling(name, tuple(tensor.shape), statistic=name not in weights, norm=owner in norms))
    return tuple(found)


def read_tensors(network: nn.Module, wanted: Sequence[Travelling]) -> dict[str, npt.NDArray[np.float32]]:
    """Copy tensors out of a network, in the order asked for."""
    state = network.state_dict()
    return {one.name: _array(state[one.name]) for one in wanted}


def write_tensors(network: nn.Module, arrays: Arrays) -> None:
    """Copy arrays into a network; what they do not name stays.

    Raises
    ------
    ModelError
        If the network has no such tensor, or one of another shape.
    """
    state = network.state_dict()
    for name, array in arrays.items():
        if name not in state or tuple(state[name].shape) != array.shape:
            has = f"shape {list(state[name].shape)}" if name in state else "no such tensor"
            raise ModelError(f"{name} of shape {list(array.shape)} does not fit the network, which has {has}")
        with torch.no_grad():
            state[name].copy_(torch.from_numpy(array))


def _array(tensor: Tensor) -> npt.NDArray[np.float32]:
    return np.array(tensor.detach().cpu().numpy(), dtype=np.float32, order="C", copy=True)
