"""A volume with masks of its lungs and lesions in; the report's part on lesions out."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from pleura.diagnosis.lesions.amounts import CONSOLIDATION_FROM_HU, LOBES, THIRDS, count_amounts
from pleura.diagnosis.lesions.foci import LEAST_ML, Focus, find_foci
from pleura.diagnosis.lesions.key_slices import most_lesion
from pleura.diagnosis.lesions.words import method, sentence
from pleura.diagnosis.report import LesionFindings, LesionFocus, LesionRegion, ModelInfo
from pleura.imaging.volume import Volume

__all__ = ["measure_lesions"]

_SIDES: tuple[Literal["right lung", "left lung"], ...] = ("right lung", "left lung")


def measure_lesions(
    lesions: npt.NDArray[np.uint8],
    lungs: npt.NDArray[np.uint8],
    volume: Volume,
    *,
    lobes: npt.NDArray[np.uint8] | None = None,
    model: ModelInfo | None,
) -> LesionFindings:
    """Measure lesions in the lungs.

    Parameters
    ----------
    lesions : 0 none, other values lesion, on the volume's grid, (z, y, x)
    lungs : 0 outside, 1 right lung, 2 left lung
    volume : in HU
    lobes : 0 none, 1 right upper, 2 right middle, 3 right lower, 4 left upper, 5 left lower lobe
    model : that drew the lesions; None where a reader did

    Raises
    ------
    GeometryError
        If a mask is not on the volume's grid, or has other labels.
    NoLungsError
        If the lung mask is empty.
    """
    amounts = count_amounts(lesions, lungs, volume, lobes=lobes)
    per_side = amounts.thirds.sum(axis=1)  # (side, kind)
    whole = _region("both lungs", per_side.sum(axis=0))
    sides = [_region(name, row) for name, row in zip(_SIDES, per_side, strict=True)]
    thirds = tuple(
        _region(f"{side.removesuffix(' lung')} {THIRDS[n]} third", amounts.thirds[s, n])
        for s, side in enumerate(_SIDES)
        for n in (2, 1, 0)
    )
    count, found = find_foci((lesions > 0) & (lungs > 0), volume)
    foci = tuple(
        _described(focus, volume, lungs, lobes, cuts=amounts.cuts, lesion_ml=whole.lesion_ml) for focus in found
    )
    return LesionFindings(
        whole=whole,
        right=sides[0],
        left=sides[1],
        thirds=thirds,
        lobes=() if amounts.lobes is None else tuple(map(_region, LOBES, amounts.lobes)),
        consolidation_from_hu=CONSOLIDATION_FROM_HU,
        mean_hu=amounts.mean_hu,
        count=count,
        least_ml=LEAST_ML,
        foci=foci,
        key_slices=most_lesion(amounts.slices, volume.spacing[0]),
        outside_ml=amounts.outside,
        sentence=sentence(whole, sides, thirds, foci),
        method=method(model),
        model=model,
    )


def _region(name: str, ml: npt.NDArray[np.float64]) -> LesionRegion:
    """Name a region's amounts; `ml` is lung without lesion, ground glass, consolidation."""
    lesion, lung = float(ml[1] + ml[2]), float(ml.sum())
    return LesionRegion(
        name=name,
        lung_ml=lung,
        lesion_ml=lesion,
        ratio=min(lesion / lung, 1.0) if lung > 0.0 else None,
        ground_glass_ml=float(ml[1]),
        consolidation_ml=float(ml[2]),
    )


def _described(
    focus: Focus,
    volume: Volume,
    lungs: npt.NDArray[np.uint8],
    lobes: npt.NDArray[np.uint8] | None,
    *,
    cuts: npt.NDArray[np.float64],
    lesion_ml: float,
) -> LesionFocus:
    """Say where one lesion lies."""
    side = focus.most(lungs) - 1
    heights = focus.indices @ volume.affine[2, :3] + volume.affine[2, 3]
    third = int(np.bincount(np.digitize(heights, cuts[side]), minlength=3).argmax())
    lobe = 0 if lobes is None else focus.most(lobes)
    return LesionFocus(
        volume_ml=focus.ml,
        share=min(focus.ml / lesion_ml, 1.0),
        side=_SIDES[side],
        third=THIRDS[third],
        lobe=LOBES[lobe - 1] if lobe else None,
        centre_lps_mm=(round(focus.centre[0], 1), round(focus.centre[1], 1), round(focus.centre[2], 1)),
        slice=focus.slice,
        slices=focus.slices,
        mean_hu=focus.mean_hu,
    )
