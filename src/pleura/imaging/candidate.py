"""What was found about one series of a study: what it is, and why it was or was not used."""

from dataclasses import dataclass

__all__ = ["Candidate"]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One series of a study; texts are "" and sizes None where the input does not say."""

    series_uid: str
    """SeriesInstanceUID; for NIfTI, which has none, the file's name."""
    description: str
    kernel: str
    kernel_class: str
    """One of lung, standard, soft, bone, unknown."""
    phase: str
    """Contrast phase: arterial, venous, delayed, enhanced (phase not stated), or "" for none."""
    orientation: str
    """axial, coronal, sagittal, oblique, or "" where it is not known."""
    slices: int
    rows: int
    columns: int
    thickness_mm: float | None
    spacing_mm: float | None
    """Between slices; None where they form no regular stack."""
    pixel_mm: tuple[float, float] | None
    """Between rows, between columns."""
    coverage_mm: float | None
    manufacturer: str
    scanner: str
    usable: bool
    chosen: bool
    reasons: tuple[str, ...]
    """Why it is not the one used; empty for the one that is."""
    rank: int | None
    """1 for the best usable series; None where it cannot be used."""

    @property
    def name(self) -> str:
        """Its description, or what else tells it from others."""
        return self.description or self.series_uid or "unnamed series"

    @property
    def summary(self) -> str:
        """One line: description, kernel, size and spacing."""
        parts = [self.name]
        if self.kernel:
            parts.append(f"kernel {self.kernel}")
        parts.append(f"{self.slices} x {self.rows} x {self.columns}")
        if self.spacing_mm is not None:
            parts.append(f"every {self.spacing_mm:.2f} mm")
        if self.orientation and self.orientation != "axial":
            parts.append(self.orientation)
        return ", ".join(parts)
