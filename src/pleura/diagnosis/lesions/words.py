"""Lesion measurements in; a sentence for a reader, and a sentence of method to cite, out."""

from collections.abc import Sequence

from pleura import __version__
from pleura.diagnosis.lesions.amounts import CONSOLIDATION_FROM_HU
from pleura.diagnosis.lesions.foci import LEAST_ML
from pleura.diagnosis.report import LesionFocus, LesionRegion, ModelInfo

__all__ = ["method", "sentence"]


def _percent(share: float) -> str:
    """Give a share in words.

    Examples
    --------
    >>> _percent(0.1234), _percent(0.0004), _percent(0.0), _percent(0.9996)
    ('12.3 %', 'under 0.1 %', '0 %', '99.9 %')
    """
    if share == 0.0:
        return "0 %"
    if share < 0.001:
        return "under 0.1 %"
    if share == 1.0:
        return "100 %"
    return f"{min(100 * share, 99.9):.1f} %"


def sentence(
    whole: LesionRegion, sides: Sequence[LesionRegion], thirds: Sequence[LesionRegion], foci: Sequence[LesionFocus]
) -> str:
    """Say how much lesion there is, of what kind and where.

    Parameters
    ----------
    whole, sides, thirds : of both lungs, each lung, each third
    foci : the largest lesions
    """
    if whole.ratio is None or whole.lesion_ml == 0.0:
        return "No lesion was found in the lungs."
    each = " and ".join(f"{_percent(side.ratio)} of the {side.name}" for side in sides if side.ratio is not None)
    most = max(thirds, key=lambda third: third.lesion_ml)
    dense = whole.consolidation_ml / whole.lesion_ml
    said = (
        f"Lesions fill {_percent(whole.ratio)} of the lungs ({whole.lesion_ml:.1f} of {whole.lung_ml:.0f} ml): {each}. "
        f"{_percent(1.0 - dense)} of it is ground glass, {_percent(dense)} consolidation. "
        f"The {most.name} holds most of it ({_percent(most.lesion_ml / whole.lesion_ml)})."
    )
    if not foci:
        return f"{said} No single lesion reaches {LEAST_ML} ml."
    first = foci[0]
    place = first.lobe or f"{first.third} third of the {first.side}"
    return f"{said} The largest single lesion has {first.volume_ml:.1f} ml and lies mostly in the {place}."


def method(model: ModelInfo | None) -> str:
    """Say how lesions were measured, in a sentence that can stand in a paper.

    Parameters
    ----------
    model : that drew them; None where a mask was given
    """
    drawn = (
        "taken from a mask that was given"
        if model is None
        else f"segmented by the model {model.name} (id {model.id[:12]}) on axial slices of the lungs"
    )
    return (
        f"Lesions were {drawn} and measured with Pleura {__version__}: volumes are counts of voxels times the volume "
        "of a voxel, of lesion within the lungs only, and ratios are lesion volume over lung volume; lesion of "
        f"{CONSOLIDATION_FROM_HU} HU or more was called consolidation, the rest ground glass (Lu et al., BMC "
        "Infectious Diseases 2021, doi:10.1186/s12879-021-06556-z); upper, middle and lower third are thirds of each "
        "lung's height; lesions that touch, if only at a corner, were counted as one, and those under "
        f"{LEAST_ML} ml were not counted."
    )
