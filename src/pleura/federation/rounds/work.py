"""What rounds need of a hospital's learning, and no more: a first model, contributions, and the step after a sum."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from pleura.federation.rounds.descriptor import Descriptor
from pleura.federation.secure_sum.layout import Layout
from pleura.federation.secure_sum.slots import Numbers
from pleura.federation.secure_sum.sums import Opened

__all__ = ["Work"]


class Work(Protocol):
    """One hospital's learning. A model is a file; what is in it, rounds do not know."""

    @property
    def recipes(self) -> Mapping[str, str]:
        """SHA-256 of each recipe that the hospital holds, 64 hexadecimal digits, by name."""
        ...

    def layout(self, recipe_hash: str) -> Layout:
        """Lay out the vector of a recipe that the hospital holds; a descriptor with another one is refused."""
        ...

    def begin(self, into: Path) -> None:
        """Write the model before round 0, the same in every hospital."""
        ...

    def contribute(self, model: Path, descriptor: Descriptor) -> Mapping[str, Numbers]:
        """Train, and give an array for each segment of the layout.

        May be called again for one round, in a further attempt or after a crash.
        """
        ...

    def advance(self, model: Path, opened: Opened, descriptor: Descriptor, into: Path) -> None:
        """Write the model that follows from an opened sum, the same bytes in every hospital.

        May be called again for one round after a crash, and without `contribute` before it.
        """
        ...

    def digest(self, model: Path) -> str:
        """Hash a model, 64 hexadecimal digits."""
        ...
