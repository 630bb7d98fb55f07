"""A model and a backend's name in, the function that computes the model's feature maps out.

Two backends compute the first part of a network, where all of the time goes. The second part, and with it the heat
map, is torch's with either.
"""

import importlib.metadata
from collections.abc import Callable

import torch
from torch import Tensor

from pleura.errors import ModelError
from pleura.models.files import Model
from pleura.models.openvino_features import compile_features

__all__ = ["BACKENDS", "Features", "backend_version", "create_features"]

Features = Callable[[Tensor], Tensor]
"""Takes normalised slices, (1, 1, slices, rows, columns), to feature maps, as `Classifier.forward_features` does."""


def _torch(model: Model, device: torch.device) -> Features:
    return model.network.to(device).forward_features


def _openvino(model: Model, device: torch.device) -> Features:
    if device.type != "cpu":
        raise ModelError(f'backend openvino computes on the CPU, not on "{device}"; use device cpu, or backend torch')
    return compile_features(model, threads=torch.get_num_threads())


BACKENDS: dict[str, Callable[[Model, torch.device], Features]] = {"torch": _torch, "openvino": _openvino}


def create_features(model: Model, *, backend: str = "torch", device: str | torch.device = "cpu") -> Features:
    """Make a model ready on a backend, and give the function that computes its feature maps.

    Parameters
    ----------
    model : as loaded; torch moves its network to the device
    backend : torch, the reference, on any device; or openvino, on the CPU, compiled once in a process for each model
        and number of threads (torch's number of threads is taken)
    device : where to compute

    Raises
    ------
    ModelError
        If the backend is not known, or does not compute on the device.
    MissingExtraError
        If the backend's package is not installed.
    """
    if backend not in BACKENDS:
        raise ModelError(f'unknown backend "{backend}"; known are {", ".join(sorted(BACKENDS))}')
    return BACKENDS[backend](model, torch.device(device))


def backend_version(backend: str) -> str:
    """Name an installed backend with its version, such as "torch 2.13.0", for the provenance of a result."""
    return f"{backend} {importlib.metadata.version(backend)}"
