"""The report's part on lesions: how much of the lungs they fill, of what kind, and where."""

from typing import Literal

from pleura.diagnosis.report_part import Millilitres, ModelInfo, Part, Probability

__all__ = ["LesionFindings", "LesionFocus", "LesionRegion"]


class LesionRegion(Part):
    """How much lesion a part of the lungs holds; ground glass and consolidation add up to the lesion."""

    name: str
    """"both lungs", "right lung", "left upper third", "right middle lobe" and so on."""
    lung_ml: Millilitres
    lesion_ml: Millilitres
    ratio: Probability | None
    """Lesion over lung, 0 to 1; None where this part holds no lung."""
    ground_glass_ml: Millilitres
    consolidation_ml: Millilitres


class LesionFocus(Part):
    """One of the largest lesions: voxels that touch one another."""

    volume_ml: Millilitres
    share: Probability
    """Of all lesion in the lungs."""
    side: Literal["right lung", "left lung"]
    """Where most of it lies; so too for the third and the lobe."""
    third: Literal["upper", "middle", "lower"]
    """Of the lung's height."""
    lobe: str | None
    """None where no lobe mask was given."""
    centre_lps_mm: tuple[float, float, float]
    """Centre of gravity, DICOM patient axes."""
    slice: int
    """That shows most of it, counted from the feet from 0."""
    slices: tuple[int, int]
    """First and last slice that show it."""
    mean_hu: float


class LesionFindings(Part):
    """Where there is lesion in the lungs, how much, and of what kind (CoviDet's DL4)."""

    whole: LesionRegion
    right: LesionRegion
    left: LesionRegion
    thirds: tuple[LesionRegion, ...]
    """Upper, middle, lower third of the right lung, then of the left; each lung is cut at thirds of its own height."""
    lobes: tuple[LesionRegion, ...]
    """Empty where no lobe mask was given."""
    consolidation_from_hu: int
    """Lesion of this density or more is consolidation, the rest ground glass."""
    mean_hu: float | None
    """Of all lesion; None where there is none."""
    count: int
    """Lesions, apart from one another, of `least_ml` or more."""
    least_ml: Millilitres
    foci: tuple[LesionFocus, ...]
    """The largest of them, largest first."""
    key_slices: tuple[int, ...]
    """Slices with most lesion, that with most first, kept apart from one another; counted from the feet from 0."""
    outside_ml: Millilitres
    """Lesion in the mask that lies outside the lungs; counted nowhere else."""
    sentence: str
    """All of this for a reader."""
    method: str
    """How it was measured, to be cited."""
    model: ModelInfo | None
    """None where the mask was drawn by hand."""
