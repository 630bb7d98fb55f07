"""What is known of one case whose mask was compared with its truth."""

from dataclasses import dataclass

from pleura.evaluation.segmentation.compare import MaskComparison

__all__ = ["SegmentedCase"]


@dataclass(frozen=True, kw_only=True)
class SegmentedCase:
    """One case: who it is of, and how its mask agrees with its truth."""

    case: str
    patient: str
    hospital: str = ""
    label: str = ""
    comparison: MaskComparison
    lung_ml: float | None = None
    """Of the true lungs; None where there is no lung mask, and then there is no ratio."""
    found_lung_ml: float | None = None
    """Of the lungs in which lesion was looked for, where these were found too; None where the true ones were used."""

    @property
    def truth_ratio(self) -> float | None:
        """Lesion over lung of the truth."""
        return None if self.lung_ml is None else self.comparison.truth_ml / self.lung_ml

    @property
    def found_ratio(self) -> float | None:
        """Lesion over lung of the mask that was found."""
        lung_ml = self.found_lung_ml or self.lung_ml
        return None if self.lung_ml is None or lung_ml is None else self.comparison.found_ml / lung_ml
