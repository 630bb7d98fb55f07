"""A day of a pneumonia's course and how much of what is there, the state that findings are drawn in, out."""

from dataclasses import dataclass

from pleura.errors import RecipeError

__all__ = ["Stage"]

LARGEST_EXTENT = 1.5
"""How far beyond its drawn burden a disease can grow."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The state of one patient's pneumonia on one day.

    A seed and a severity draw a disease at its usual extent; a stage grows or shrinks the same lesions in the same
    places. Where none is given, a case is drawn as its class and severity draw it.

    Raises
    ------
    RecipeError
        If a value lies outside its range.
    """

    day: int
    """Days since the first symptoms, from 0; it changes nothing by itself."""
    extent: float
    """Multiplies the share of the lungs with disease: 0 none, 1 as drawn, at most 1.5; below 0.15 the density fades."""
    consolidation: float
    """Share of the diseased lung that is consolidated, 0 to 1."""
    crazy_paving: float = 0.25
    """How far thickened septa show within the ground glass, 0 to 1."""
    bands: float = 0.0
    """How far subpleural bands show, 0 to 1, as in lung that is healing."""

    def __post_init__(self) -> None:
        if self.day < 0:
            raise RecipeError(f"stage: day = {self.day}; need 0 or more, counted from the first symptoms")
        for name, largest in (("extent", LARGEST_EXTENT), ("consolidation", 1), ("crazy_paving", 1), ("bands", 1)):
            value = getattr(self, name)
            if not 0 <= value <= largest:
                raise RecipeError(f"stage: {name} = {value}; need a number from 0 to {largest}")
