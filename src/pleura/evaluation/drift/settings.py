"""How a model in use is watched."""

from dataclasses import dataclass

__all__ = ["DriftSettings"]


@dataclass(frozen=True, kw_only=True)
class DriftSettings:
    """What counts as a change, and how often a change may be found where there is none."""

    sensitivity: float = 0.9
    """That was promised: an alarm says that it is lower now."""
    specificity: float = 0.8
    """That was promised."""
    change: float = 0.1
    """Change of a share that matters; the running sums pass over changes of less than half of it."""
    alpha: float = 0.05
    """Chance of a false alarm by the answers over all looks; and, apart from that, by the truths for ever."""
    looks: int = 1
    """How often the answers are looked at in all; each look gets an equal part of `alpha`."""
    bins: int = 10
    """Of the population stability index."""
    confidence: float = 0.95
    """Of intervals."""
    permutations: int = 4999
    seed: int = 0
    """Of the permutations."""

    def __post_init__(self) -> None:
        for name in ("sensitivity", "specificity", "change", "alpha", "confidence"):
            value = getattr(self, name)
            if not 0 < value < 1:
                raise ValueError(f"need a {name} between 0 and 1, got {value}")
        if self.looks < 1 or self.bins < 2:
            raise ValueError(f"need 1 look or more and 2 bins or more, got {self.looks} and {self.bins}")
        if self.level * (self.permutations + 1) < FEWEST:
            needed = int(FEWEST / self.level)
            raise ValueError(
                f"{self.permutations} permutations cannot tell a chance of {self.level:.2g} a look; need {needed}"
            )

    @property
    def level(self) -> float:
        """Chance of a false alarm by the answers at one look."""
        return self.alpha / self.looks


FEWEST = 20
"""Permutations that are to lie beyond the level, or the level would be a matter of luck."""
