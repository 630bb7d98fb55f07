"""What the engine wakes in a hospital of the federation's benchmark: the real hospital, but for its training.

In its place stand random numbers, laid out as the recipe lays out its updates, with the counts of a hospital that has
four cases and none to validate on. Everything after that is what a deployed hospital does: protection, ledger, the sum
opened, the model taken on by it and written.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pleura.federation.deployment import work as _  # noqa: F401 (a deployed hospital imports torch and all the rest)
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.settings import read_federation
from pleura.federation.learning.state import load_state, save_state
from pleura.federation.rounds.descriptor import Descriptor
from pleura.federation.rounds.exchange import Reply
from pleura.federation.rounds.hospital_rounds import RoundHospital
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.layout import Layout, Values
from pleura.federation.secure_sum.sums import Opened
from pleura.settings import read_recipe

__all__ = ["CLOCKS", "StandIn", "take_part"]

CLOCKS = "clocks"
"""File in a hospital's state folder: a line a task, JSON."""


class StandIn:
    """The `Work` of a hospital that does not train."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._agreement = Agreement(read_recipe(folder / "recipe.toml"), read_federation(folder / "settings.toml"))
        self._random = np.random.default_rng(seed)
        self.training_s = 0.0

    @property
    def recipes(self) -> Mapping[str, str]:
        """The one recipe."""
        return {self._agreement.recipe.name: self._agreement.digest}

    def layout(self, recipe_hash: str) -> Layout:  # noqa: ARG002
        """Lay out a round's vector."""
        return self._agreement.layout

    def begin(self, into: Path) -> None:
        """Write the model before the first round."""
        save_state(self._agreement.begin(None), into)

    def contribute(self, model: Path, descriptor: Descriptor) -> Mapping[str, Any]:
        """Give random numbers for each segment."""
        began = time.time()
        load_state(model)
        made: dict[str, Any] = {}
        for segment in descriptor.layout.segments:
            if isinstance(segment, Values):
                made[segment.name] = (self._random.random(segment.size, np.float32) - np.float32(0.5)) * segment.clip
            else:
                made[segment.name] = np.full(segment.size, int(segment.name in ("weight", "labels")), np.int64)
        self.training_s = time.time() - began
        return made

    def advance(self, model: Path, opened: Opened, descriptor: Descriptor, into: Path) -> None:  # noqa: ARG002
        """Write the model that follows."""
        save_state(self._agreement.advance(load_state(model), opened), into)

    def digest(self, model: Path) -> str:
        """Hash a model."""
        return load_state(model).digest


class Clocked:
    """A `HospitalHandler` that notes when each task began and ended."""

    def __init__(self, hospital: RoundHospital, work: StandIn, clocks: Path) -> None:
        self._hospital, self._work, self._clocks = hospital, work, clocks

    def handle(self, task: str, message: bytes, files: Mapping[str, Path]) -> Reply:
        """Do one task, and add a line to the clocks."""
        began, self._work.training_s = time.time(), 0.0
        reply = self._hospital.handle(task, message, files)
        row = {"task": task, "began": began, "ended": time.time(), "training": self._work.training_s}
        with self._clocks.open("a") as file:
            file.write(json.dumps(row) + "\n")
        return reply


def take_part(state: Path) -> Clocked:
    """Make a hospital's handler from what is on its disk."""
    keys = HospitalKeys.load(state / "keys")
    work = StandIn(state, seed=int(keys.fingerprint[:8], 16))
    hospital = RoundHospital(state / "rounds", keys, state / "keys", state / "policy.toml", work)
    return Clocked(hospital, work, state / CLOCKS)
