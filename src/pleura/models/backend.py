"""A model and a backend's name in, the function that computes its network out.

Two backends compute the first part of a classifier, where all of the time goes; the second part, and with it the heat
map, is torch's with either. A segmentation network is computed as a whole by either.
"""

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from pleura.errors import ModelError
from pleura.models.files import Model, SegmentationModel
from pleura.models.openvino_networks import compile_features, compile_segment

__all__ = ["BACKENDS", "Features", "Segment", "backend_version", "create_features", "create_segment"]

Features = Callable[[Tensor], Tensor]
"""Takes normalised slices, (1, 1, slices, rows, columns), to feature maps, as `Classifier.forward_features` does."""
Segment = Callable[[Tensor], Tensor]
"""Takes normalised slices, (batch, 1 + 2 neighbours, rows, columns), to logits, (batch, classes, rows, columns), as a
`Segmenter` does."""


@dataclass(frozen=True)
class Backend:
    """How one backend makes each kind of network ready."""

    features: Callable[[Model, torch.device], Features]
    segment: Callable[[SegmentationModel, torch.device], Segment]


def _torch_segment(model: SegmentationModel, device: torch.device) -> Segment:
    network = model.network.to(device).eval()

    @torch.inference_mode()
    def segment(x: Tensor) -> Tensor:
        return network(x)  # type: ignore[no-any-return]

    return segment


def _threads(device: torch.device) -> int:
    """Give the threads to compute with; refuse what is no CPU."""
    if device.type != "cpu":
        raise ModelError(f'backend openvino computes on the CPU, not on "{device}"; use device cpu, or backend torch')
    return torch.get_num_threads()


BACKENDS: dict[str, Backend] = {
    "torch": Backend(lambda model, device: model.network.to(device).forward_features, _torch_segment),
    "openvino": Backend(
        lambda model, device: compile_features(model, threads=_threads(device)),
        lambda model, device: compile_segment(model, threads=_threads(device)),
    ),
}


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
    return _find(backend).features(model, torch.device(device))


def create_segment(model: SegmentationModel, *, backend: str = "torch", device: str | torch.device = "cpu") -> Segment:
    """Make a segmentation model ready on a backend, and give the function that computes its logits.

    Parameters
    ----------
    model, backend, device : as in `create_features`. OpenVINO takes slices of the size in the model's card only.

    Returns
    -------
    A function of slices on the device; what it gives carries no gradient.

    Raises
    ------
    ModelError, MissingExtraError
        As in `create_features`.
    """
    return _find(backend).segment(model, torch.device(device))


def _find(backend: str) -> Backend:
    if backend not in BACKENDS:
        raise ModelError(f'unknown backend "{backend}"; known are {", ".join(sorted(BACKENDS))}')
    return BACKENDS[backend]


def backend_version(backend: str) -> str:
    """Name an installed backend with its version, such as "torch 2.13.0", for the provenance of a result."""
    return f"{backend} {importlib.metadata.version(backend)}"
