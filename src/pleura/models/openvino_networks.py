"""A model in, its network compiled by OpenVINO out, in float32: a classifier's first part, a segmenter as a whole.

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
from pleura.models.files import Model, SegmentationModel
from pleura.models.segmenter import MULTIPLE, Segmenter

__all__ = ["compile_features", "compile_segment", "import_openvino"]

KEPT = 4
"""Compiled networks that a process keeps; the oldest goes first."""
TELEMETRY = "openvino_telemetry"

Function = Callable[[Tensor], Tensor]

_compiled: dict[tuple[str, int], Function] = {}
_lock = Lock()


def compile_features(model: Model, *, threads: int) -> Function:
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
    seen = model.card.input
    shape = [1, 1, seen.slices, seen.size, seen.size]
    return _once(model.id, threads, lambda: _compile(_FirstPart(model.network), (1, 1, 4, 8, 8), shape, threads))


def compile_segment(model: SegmentationModel, *, threads: int) -> Function:
    """Compile a segmentation network for the CPU, or give what this process has compiled already.

    Parameters
    ----------
    model, threads : as in `compile_features`

    Returns
    -------
    A function of normalised slices, (batch, 1 + 2 neighbours, size, size) as the model's card has them, float32, that
    gives logits, (batch, classes, size, size), as the network does. Threads may share it; they take turns.

    Raises
    ------
    MissingExtraError, ModelError
        As in `compile_features`.
    """
    shown = 1 + 2 * model.network.neighbours
    shape = [-1, shown, model.card.input.size, model.card.input.size]
    example = (1, shown, MULTIPLE, MULTIPLE)
    return _once(model.id, threads, lambda: _compile(_Pixels(model.network), example, shape, threads))


def _once(identity: str, threads: int, make: Callable[[], Function]) -> Function:
    with _lock:
        key = (identity, threads)
        if key not in _compiled:
            while len(_compiled) >= KEPT:
                del _compiled[next(iter(_compiled))]
            _compiled[key] = make()
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


class _Pixels(nn.Module):
    """A segmentation network without its look at the input's size, which cannot be traced."""

    def __init__(self, network: Segmenter) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network.segment(x)


def _compile(network: nn.Module, example: tuple[int, ...], shape: list[int], threads: int) -> Function:
    """Compile for inputs of a shape, -1 where any number will do, traced on an example."""
    ov = import_openvino()
    # Traced on the smallest input, since tracing computes it; the network is convolutions, so the graph is the same.
    with torch.no_grad():  # what is only done for the way back, as computing in chunks, is no part of the graph
        graph = ov.convert_model(network.cpu().eval(), example_input=torch.zeros(example))
    graph.reshape(shape)
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

    def compute(x: Tensor) -> Tensor:
        if x.ndim != len(shape) or any(want not in (-1, got) for want, got in zip(shape, x.shape, strict=True)):
            raise ModelError(f"input of shape {tuple(x.shape)}; compiled for {shape}, -1 being any: prepare it so")
        with busy:
            return torch.from_numpy(np.array(compiled([x.contiguous().numpy()])[0]))

    return compute
