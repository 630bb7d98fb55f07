"""Cases with lesion masks and a model in; how much of each heat map lies in the lungs and on the lesions out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pleura.data.cohort import Case
from pleura.diagnosis.chain import Chain
from pleura.diagnosis.explain import share_inside
from pleura.diagnosis.pipeline import diagnose_study
from pleura.diagnosis.report import Report
from pleura.errors import CohortError, StudyError
from pleura.imaging.nifti_read import read_label_mask
from pleura.models.files import Model

__all__ = ["PNEUMONIA", "TOLERANCE_MM", "Localisation", "localise", "measure_heat"]

PNEUMONIA = (1, 2, 4)
"""Labels of a lesion mask that are pneumonia: ground glass, consolidation, fluid; healthy lungs have focal findings."""
TOLERANCE_MM = 15.0
"""How near to a lesion a peak counts as on it: about one position of the last feature maps on a chest."""


@dataclass(frozen=True, kw_only=True)
class Localisation:
    """Where one case's heat map of its own class lies; None where the map is empty."""

    case: str
    label: str
    share_in_lungs: float | None
    """Of the map's sum."""
    share_on_lesions: float | None
    chance: float
    """Share of the lungs that the lesions fill: what a map that were even over the lungs would have."""
    peak_on_lesion: bool
    """Whether the highest value lies within 15 mm of a lesion (the pointing game)."""


def measure_heat(
    heat: npt.NDArray[np.uint8],
    lungs: npt.NDArray[np.uint8],
    lesions: npt.NDArray[np.uint8],
    spacing: Sequence[float],
) -> tuple[float | None, float | None, float, bool]:
    """Measure where a heat map lies; all arrays are (z, y, x) on one grid.

    Parameters
    ----------
    heat : 0 to 255
    lungs : 0 outside
    lesions : as in a cohort's lesion masks
    spacing : along (z, y, x), mm

    Returns
    -------
    share in the lungs, share on lesions, chance, whether the peak lies on a lesion; as in `Localisation`.

    References
    ----------
    The pointing game: Zhang, Lin, Brandt, Shen, Sclaroff (2016), Top-down neural attention by excitation backprop,
    ECCV; there the tolerance is 15 pixels.
    """
    lesion = np.isin(lesions, PNEUMONIA)
    lung = lungs > 0
    inside = np.count_nonzero(lung)
    chance = float(np.count_nonzero(lesion & lung) / inside) if inside else 0.0
    peak = False
    if lesion.any() and heat.any():
        distance = ndimage.distance_transform_edt(~lesion, sampling=tuple(spacing))
        peak = bool(distance[np.unravel_index(int(heat.argmax()), heat.shape)] <= TOLERANCE_MM)
    return share_inside(heat, lung), share_inside(heat, lesion), chance, peak


def localise(
    model: Model,
    cases: Sequence[Case],
    *,
    device: str = "cpu",
    backend: str = "torch",
    on_done: Callable[[], object] = lambda: None,
) -> list[Localisation]:
    """Diagnose cases as a study is diagnosed, each explained for its own class, and measure the maps.

    Parameters
    ----------
    model : a classifier whose task is diagnosis
    cases : each with a lesion mask, and a lung mask where the model's own segmentation should not be used
    device, backend : where and with what to compute
    on_done : called after each case

    Raises
    ------
    CohortError
        If a case has no lesion mask, or its study or masks cannot be used.
    """
    chain = Chain(classifier=model)
    found = []
    for case in cases:
        if case.lesions is None:
            raise CohortError(f"case {case.case} has no lesion mask, so there is nothing to hold its heat map against")
        try:
            diagnosis = diagnose_study(case.study, chain, explain=case.label, device=device, backend=backend)
            lesions = read_label_mask(case.lesions)
            lungs = diagnosis.lungs if case.lungs is None else read_label_mask(case.lungs)
        except StudyError as error:
            raise CohortError(f"case {case.case} cannot be used: {error}") from error
        heat = diagnosis.heat
        if heat is None:
            raise CohortError(f"case {case.case} has no heat map: {_why_not(diagnosis.report)}")
        if not lesions.shape == lungs.shape == heat.shape:
            masks = f"{lungs.shape} and {lesions.shape}"
            raise CohortError(f"case {case.case}: masks of shape {masks} on a study of {heat.shape}")
        in_lungs, on_lesions, chance, peak = measure_heat(heat, lungs, lesions, diagnosis.volume.spacing)
        found.append(
            Localisation(
                case=case.case,
                label=case.label,
                share_in_lungs=in_lungs,
                share_on_lesions=on_lesions,
                chance=chance,
                peak_on_lesion=peak,
            )
        )
        on_done()
    return found


def _why_not(report: Report) -> str:
    """Say what failed."""
    return "; ".join(f"{failure.step}: {failure.message}" for failure in report.failures)
