"""What the engine wakes in a hospital of the federation's benchmark: the real hospital, but for its training.

In its place stand random numbers, laid out as the recipe lays out its updates. Everything else is what a deployed
hospital does: protection, ledger, the sum opened, the network's next state computed from it and written. Like a
deployed hospital's, its process imports torch.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import pleura.federation.deployment.work  # noqa: F401 (all that a deployed hospital imports)
from _federation_stand_in import Clocked, contribution, hospital
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.settings import read_federation
from pleura.federation.learning.state import load_state, save_state
from pleura.federation.rounds.descriptor import Descriptor
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.layout import Layout
from pleura.federation.secure_sum.sums import Opened
from pleura.settings import read_recipe

__all__ = ["Untrained", "take_part"]


class Untrained:
    """The `Work` of a hospital with a real network that it does not train."""

    def __init__(self, state: Path, seed: int) -> None:
        self._agreement = Agreement(read_recipe(state / "recipe.toml"), read_federation(state / "settings.toml"))
        self._random = np.random.default_rng(seed)

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
        """Read the model, and give random numbers for each segment."""
        load_state(model)
        return contribution(descriptor.layout, self._random)

    def advance(self, model: Path, opened: Opened, descriptor: Descriptor, into: Path) -> None:  # noqa: ARG002
        """Write the model that follows."""
        save_state(self._agreement.advance(load_state(model), opened), into)

    def digest(self, model: Path) -> str:
        """Hash a model."""
        return load_state(model).digest


def take_part(state: Path) -> Clocked:
    """Make the hospital's handler from what is on its disk."""
    keys = HospitalKeys.load(state / "keys")
    return hospital(state, Untrained(state, seed=int(keys.fingerprint[:8], 16)), keys)
