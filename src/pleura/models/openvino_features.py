"""A model in, the first part of its network compiled by OpenVINO out: float32, one case's subset at a time.

OpenVINO's Python package reports its use to its makers over the network, unasked, from the moment it is imported.
Here it is imported without the package that does so; see `docs/background/inference-backends.md`.
"""

import sys
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pleura.errors import MissingExtraError, ModelError
from pleura.models.classifier import Classifier
from pleura.models.files import Model
from pleura.settings import InputSettings

__all__ = ["compile_features", "import_openvino"]

KEPT = 4
"""Compiled networks that a process keeps; the oldest goes first."""
TELEMETRY = "openvino_telemetry"

_compiled: dict[tuple[str, int], Callable[[Tensor], Tensor]] = {}
_lock = Lock()


def compile_features(model: Model, *, threads: int) -> Callable[[Tensor], Tensor]:
    """Compile a network's `forward_features` for the CPU, or give what this process has compiled already.

    Parameters
    ----------
    model : known by its id; its network does not change
    threads : number of threads to compute with

    Returns
    -------
    A function of normalised slices, (1, 1, slices, size, size) as the model's card has them, float32, that gives
    feature maps as the network does. Threads may share it; they take turns.

    Raises
    ------
    MissingExtraError
        If OpenVINO is not installed.
    ModelError
        If something else in this process has imported OpenVINO with its reporting on.
    """
    with _lock:
        key = (model.id, threads)
        if key not in _compiled:
            while len(_compiled) >= KEPT:
                del _compiled[next(iter(_compiled))]
            _compiled[key] = _compile(model.network, model.card.input, threads)
        return _compiled[key]


def import_openvino() -> Any:
    """Import OpenVINO so that it cannot report anything to anyone.

    Its own import of the reporting package is made to fail; it then uses the empty stand-in that it has for that.

    Raises
    ------
    MissingExtraError
        If OpenVINO is not installed.
    ModelError
        If the reporting package is in use already.
    """
    if sys.modules.get(TELEMETRY) is not None:
        raise ModelError(
            f"{TELEMETRY} is in use in this process, and would report over the network; import OpenVINO through "
            "Pleura only, or use backend torch"
        )
    sys.modules[TELEMETRY] = None  # type: ignore[assignment]  # the language's way to forbid an import
    try:
        import openvino
    except ImportError as error:
        raise MissingExtraError(
            'backend openvino needs the package openvino; install it with: pip install "pleura[cpu]"'
        ) from error
    return openvino


class _FirstPart(nn.Module):
    """A network as far as its feature maps."""

    def __init__(self, network: Classifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network.forward_features(x)


def _compile(network: Classifier, settings: InputSettings, threads: int) -> Callable[[Tensor], Tensor]:
    ov = import_openvino()
    # Traced on the smallest input, since tracing computes it; the network is convolutions, so the graph is the same.
    with torch.no_grad():  # what is only done for the way back, as computing in chunks, is no part of the graph
        graph = ov.convert_model(_FirstPart(network.cpu().eval()), example_input=torch.zeros(1, 1, 4, 8, 8))
    graph.reshape([1, 1, settings.slices, settings.size, settings.size])
    # Its code generator dies of a group norm that ends in a residual sum (OpenVINO 2026.4.1, a segmentation fault).
    normed = any(isinstance(module, nn.GroupNorm) for module in network.modules())
    hints = ov.properties.hint
    compiled = ov.Core().compile_model(
        graph,
        "CPU",
        {
            hints.inference_precision: ov.Type.f32,  # or it would compute in bfloat16 where the processor can
            hints.performance_mode: hints.PerformanceMode.LATENCY,
            hints.enable_cpu_pinning: False,  # two processes would be pinned to the same cores
            ov.properties.inference_num_threads: threads,
            **({"SNIPPETS_MODE": "DISABLE"} if normed else {}),
        },
    )
    busy = Lock()

    def features(x: Tensor) -> Tensor:
        with busy:
            return torch.from_numpy(np.array(compiled([x.contiguous().numpy()])[0]))

    return features
