"""The least that a series must be to be read as a chest: settings shared by DICOM and NIfTI."""

from dataclasses import dataclass

__all__ = ["FitnessRules"]


@dataclass(frozen=True, kw_only=True)
class FitnessRules:
    """Bounds on slices and on how regularly they lie.

    Raises
    ------
    ValueError
        If the bounds contradict each other.
    """

    slices: int = 16
    """Fewest slices."""
    coverage_mm: float = 80.0
    """Least extent from feet to head."""
    spacing_mm: float = 10.5
    """Largest distance between slices."""
    matrix: int = 32
    """Fewest rows, and columns."""
    shared_positions: float = 0.9
    """Share of positions that two kernels of one series have in common where both are whole reconstructions."""
    axial_degrees: float = 35.0
    """Largest angle between the slices' normal and the body's long axis."""
    same_place_mm: float = 0.01
    """Slices nearer than this lie at one position."""
    uneven: float = 0.1
    """Largest deviation of a distance between slices, as a share of their median distance."""
    gap: float = 1.5
    """A distance of this many medians is a gap, in which slices are missing."""
    sideways_mm: float = 1.0
    """Largest distance of a slice from the line that the stack runs along."""
    straight_pixels: float = 0.5
    """Largest drift of a stack across its slices, first to last, that is not worth a correction."""
    shear_degrees: float = 45.0
    """Largest tilt of a gantry that is corrected."""

    def __post_init__(self) -> None:
        if not (self.slices >= 2 and 0 < self.uneven < self.gap - 1 and 0 < self.shear_degrees < 90):
            raise ValueError(f"need slices >= 2, 0 < uneven < gap - 1 and shear below 90 degrees, got {self}")
