"""What all hospitals hold alike between two rounds: the global model and all that the next round's arithmetic needs."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from pleura.errors import ModelError
from pleura.federation.learning.clipping import first_limits, next_limits
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.strategies import Strategy
from pleura.federation.learning.tensors import Arrays, Travelling
from pleura.federation.learning.update import cut_shares, mean_update
from pleura.federation.learning.weights import weight_range
from pleura.federation.secure_sum.sums import Opened
from pleura.whole_file import whole_file

__all__ = ["GlobalState", "first_state", "load_state", "next_state", "save_state"]


@dataclass(frozen=True, eq=False, kw_only=True)
class GlobalState:
    """A global model after so many rounds."""

    round: int
    """Rounds behind it, and so the number of the next one, from 0."""
    tensors: Arrays
    """All of the model, in the architecture's order; a strategy may share only a part."""
    kept: Arrays
    """What the strategy keeps, by "KIND.TENSOR"."""
    limits: dict[str, float]
    """How far a number of each shared tensor's next update may go."""
    reach: int
    """What the next round's weights are divided by."""
    labels: tuple[int, ...] = ()
    """Training cases by class of the last round's hospitals together; empty before the first."""

    @property
    def digest(self) -> str:
        """SHA-256 over all of it, 64 hexadecimal digits; hospitals that differ in a bit differ here."""
        head = {
            "round": self.round,
            "tensors": [[name, list(array.shape)] for name, array in self.tensors.items()],
            "kept": [[name, list(array.shape)] for name, array in self.kept.items()],
            "limits": [[name, limit.hex()] for name, limit in self.limits.items()],
            "reach": self.reach,
            "labels": list(self.labels),
        }
        hashed = sha256(b"pleura global state 1\0" + json.dumps(head).encode() + b"\0")
        for part in (self.tensors, self.kept):
            for array in part.values():
                hashed.update(np.ascontiguousarray(array, dtype="<f4").data)
        return hashed.hexdigest()


def first_state(
    tensors: Arrays, shared: tuple[Travelling, ...], strategy: Strategy, settings: FederationSettings
) -> GlobalState:
    """Begin a federation with a model.

    Parameters
    ----------
    tensors : all of the first global model
    shared : what the strategy shares of it
    """
    return GlobalState(
        round=0,
        tensors=dict(tensors),
        kept=strategy.begin(shared, tensors),
        limits=first_limits({one.name: tensors[one.name] for one in shared}, settings.clipping),
        reach=weight_range(settings.weights, None),
    )


def next_state(
    state: GlobalState,
    opened: Opened,
    *,
    shared: tuple[Travelling, ...],
    strategy: Strategy,
    settings: FederationSettings,
) -> GlobalState:
    """Take the global model on by an opened round; every hospital that does comes to the same bytes.

    Parameters
    ----------
    state : what the round began with
    opened : its sums
    shared : what the strategy shares
    """
    counts = opened.counts
    weight = int(counts["weight"][0])
    mean = mean_update(opened.values, weight, shared, limits=state.limits, reach=state.reach)
    moved, kept = strategy.step(shared, state.tensors, mean, state.kept)
    cut = cut_shares(counts["cut"], opened.hospitals, shared)
    return GlobalState(
        round=state.round + 1,
        tensors={name: moved.get(name, array) for name, array in state.tensors.items()},
        kept=kept,
        limits=next_limits(state.limits, mean, cut, settings.clipping),
        reach=weight_range(settings.weights, weight),
        labels=tuple(int(count) for count in counts["labels"]),
    )


def save_state(state: GlobalState, path: Path) -> None:
    """Write a state as one safetensors file, whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    arrays = {f"tensor.{name}": np.ascontiguousarray(array) for name, array in state.tensors.items()}
    arrays |= {f"kept.{name}": np.ascontiguousarray(array) for name, array in state.kept.items()}
    head = {
        "round": state.round,
        "order": list(state.tensors),
        "kept": list(state.kept),
        "limits": state.limits,
        "reach": state.reach,
        "labels": list(state.labels),
        "digest": state.digest,
    }
    with whole_file(path) as made:
        made.write_bytes(safetensors.numpy.save(arrays, metadata={"state": json.dumps(head)}))


def load_state(path: Path) -> GlobalState:
    """Read a state back, and check it against its digest.

    Raises
    ------
    ModelError
        If the file is missing, damaged, or not what it was when it was written.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            head = json.loads((file.metadata() or {})["state"])
            state = GlobalState(
                round=head["round"],
                tensors={name: file.get_tensor(f"tensor.{name}") for name in head["order"]},
                kept={name: file.get_tensor(f"kept.{name}") for name in head["kept"]},
                limits=head["limits"],
                reach=head["reach"],
                labels=tuple(head["labels"]),
            )
    except (safetensors.SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"cannot read the global model {path}: {error}") from error
    if state.digest != head["digest"]:
        raise ModelError(f"the global model {path} is damaged: its hash is not the one it was written with")
    return state
