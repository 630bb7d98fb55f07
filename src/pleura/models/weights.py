"""Tensors by name in; a network filled with them, or a refusal that names the first that does not fit, out."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from pleura.errors import ModelError

__all__ = ["check_tensors", "fill_network"]


def check_tensors(wanted: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    """Refuse tensors that are not those wanted, name by name.

    Parameters
    ----------
    wanted : what the architecture has; only names and shapes are looked at
    tensors : what is given

    Raises
    ------
    ModelError
        If a tensor is missing, unknown, of the wrong shape, or not finite.
    """
    missing = sorted(set(wanted) - set(tensors))
    unknown = sorted(set(tensors) - set(wanted))
    if missing:
        raise ModelError(f"{len(missing)} tensors are missing, first {missing[0]}")
    if unknown:
        raise ModelError(f"{len(unknown)} tensors do not belong to the architecture, first {unknown[0]}")
    for name, tensor in tensors.items():
        if tensor.shape != wanted[name].shape:
            raise ModelError(f"{name} has shape {list(tensor.shape)}; the architecture has {list(wanted[name].shape)}")
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ModelError(f"{name} is not finite")


def fill_network(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Put tensors into a network, in the network's own number formats; what is refused is as in `check_tensors`."""
    wanted = network.state_dict()
    check_tensors(wanted, tensors)
    network.load_state_dict({name: tensor.to(wanted[name].dtype) for name, tensor in tensors.items()})
