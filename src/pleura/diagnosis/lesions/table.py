"""Lesion measurements in; one row of a table out, a column a number."""

from pleura.diagnosis.report import LesionFindings, LesionRegion

__all__ = ["findings_row"]


def findings_row(found: LesionFindings) -> dict[str, str | int | float | None]:
    """Lay the measurements side by side; what there is none of is None.

    Parameters
    ----------
    found : of one study

    Returns
    -------
    Column -> value; ml and HU rounded to two digits, ratios to six. The same columns for each study, but for those of
    the lobes, which are there with a lobe mask only.
    """
    row: dict[str, str | int | float | None] = {}
    for region in (found.whole, found.right, found.left, *found.thirds, *found.lobes):
        row |= _columns(region)
    largest = found.foci[0] if found.foci else None
    row |= {
        "mean_hu": None if found.mean_hu is None else round(found.mean_hu, 2),
        "count": found.count,
        "largest_ml": None if largest is None else round(largest.volume_ml, 2),
        "largest_side": None if largest is None else largest.side,
        "largest_third": None if largest is None else largest.third,
        "largest_lobe": None if largest is None else largest.lobe,
        "outside_ml": round(found.outside_ml, 2),
        "key_slices": " ".join(map(str, found.key_slices)),
        "model": None if found.model is None else f"{found.model.name} {found.model.id}",
        "synthetic_training_data": None if found.model is None else str(found.model.synthetic_training_data).lower(),
        "sentence": found.sentence,
        "method": found.method,
    }
    return row


def _columns(region: LesionRegion) -> dict[str, str | int | float | None]:
    name = region.name.replace(" ", "_")
    return {
        f"{name}_lung_ml": round(region.lung_ml, 2),
        f"{name}_lesion_ml": round(region.lesion_ml, 2),
        f"{name}_ratio": None if region.ratio is None else round(region.ratio, 6),
        f"{name}_ground_glass_ml": round(region.ground_glass_ml, 2),
        f"{name}_consolidation_ml": round(region.consolidation_ml, 2),
    }
