"""Numbers in place of training, and a clock around a hospital, for the federation's benchmark; no torch."""

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pleura.federation.deployment.plan import read_plan
from pleura.federation.rounds.descriptor import Descriptor
from pleura.federation.rounds.exchange import Reply
from pleura.federation.rounds.hospital_rounds import RoundHospital
from pleura.federation.rounds.work import Work
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.layout import Layout, Values
from pleura.federation.secure_sum.sums import Opened

__all__ = ["CLOCKS", "Clocked", "Plain", "contribution", "hospital", "take_part"]

CLOCKS = "clocks"
"""File in a hospital's state folder: a line a task, JSON."""


def contribution(layout: Layout, random: np.random.Generator) -> dict[str, Any]:
    """Give random numbers within the clips, and the counts of a hospital with four cases and none to validate on."""
    made: dict[str, Any] = {}
    for segment in layout.segments:
        if isinstance(segment, Values):
            made[segment.name] = (random.random(segment.size, np.float32) - np.float32(0.5)) * np.float32(segment.clip)
        else:
            made[segment.name] = np.full(segment.size, int(segment.name in ("weight", "labels")), np.int64)
    return made


class Plain:
    """The `Work` of a hospital whose model is one file of numbers, to which it adds the sum."""

    def __init__(self, state: Path, seed: int) -> None:
        plan = read_plan(state)
        self.recipes: dict[str, str] = {plan.recipe: plan.recipe_hash}
        self._layout, self._random = plan.layout, np.random.default_rng(seed)

    def layout(self, recipe_hash: str) -> Layout:  # noqa: ARG002
        """Lay out a round's vector."""
        return self._layout

    def begin(self, into: Path) -> None:
        """Write the model before the first round."""
        values = [segment.size for segment in self._layout.segments if isinstance(segment, Values)]
        np.zeros(sum(values), np.float32).tofile(into)

    def contribute(self, model: Path, descriptor: Descriptor) -> Mapping[str, Any]:  # noqa: ARG002
        """Give random numbers for each segment."""
        return contribution(descriptor.layout, self._random)

    def advance(self, model: Path, opened: Opened, descriptor: Descriptor, into: Path) -> None:
        """Write the model that follows."""
        values = [opened.values[one.name] for one in descriptor.layout.segments if isinstance(one, Values)]
        (np.fromfile(model, np.float32) + np.concatenate(values)).astype(np.float32).tofile(into)

    def digest(self, model: Path) -> str:
        """Hash a model."""
        with model.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


class Clocked:
    """A `HospitalHandler` that notes when each task began and ended, and how long its work contributed."""

    def __init__(self, handler: RoundHospital, work: Work, clocks: Path) -> None:
        self._handler, self._clocks, self._contribute = handler, clocks, work.contribute
        self._training_s = 0.0
        work.contribute = self._timed  # type: ignore[method-assign]

    def handle(self, task: str, message: bytes, files: Mapping[str, Path]) -> Reply:
        """Do one task, and add a line to the clocks."""
        began, self._training_s = time.time(), 0.0
        reply = self._handler.handle(task, message, files)
        row = {"task": task, "began": began, "ended": time.time(), "training": self._training_s}
        with self._clocks.open("a") as file:
            file.write(json.dumps(row) + "\n")
        return reply

    def _timed(self, model: Path, descriptor: Descriptor) -> Mapping[str, Any]:
        began = time.time()
        try:
            return self._contribute(model, descriptor)
        finally:
            self._training_s = time.time() - began


def hospital(state: Path, work: Work, keys: HospitalKeys) -> Clocked:
    """Make a hospital's handler around some work."""
    handler = RoundHospital(state / "rounds", keys, state / "keys", state / "policy.toml", work)
    return Clocked(handler, work, state / CLOCKS)


def take_part(state: Path) -> Clocked:
    """Make the handler of a hospital with plain numbers, from what is on its disk."""
    keys = HospitalKeys.load(state / "keys")
    return hospital(state, Plain(state, seed=int(keys.fingerprint[:8], 16)), keys)
