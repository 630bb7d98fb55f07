"""A series in, every reason why it is not fit for chest diagnosis out; none where it is."""

from dataclasses import dataclass

import pydicom.uid as uid

from pleura.imaging.dicom.geometry import Grid, arrange, orientation_name
from pleura.imaging.dicom.grouping import Series
from pleura.imaging.dicom.uid_names import uid_name
from pleura.imaging.dicom.words import is_localizer_name, other_region
from pleura.imaging.fitness_rules import FitnessRules
from pleura.imaging.limits import Limits

__all__ = ["Judgement", "judge"]

_CT_CLASSES = {uid.CTImageStorage, uid.EnhancedCTImageStorage, uid.LegacyConvertedEnhancedCTImageStorage}
_REWORKED = {
    "REFORMATTED": "a reformatted view",
    "MPR": "a reformatted view",
    "CPR": "a reformatted view",
    "MIP": "a projection",
    "MINIP": "a projection",
    "MAX_IP": "a projection",
    "MIN_IP": "a projection",
    "PROJECTION IMAGE": "a projection",
    "VOLUME_RENDERED": "a rendering",
    "VRT": "a rendering",
    "SSD": "a rendering",
    "SCREEN SAVE": "a screen copy",
    "SUBTRACT": "a subtraction",
    "SUBTRACTION": "a subtraction",
    "PERFUSION": "a perfusion map",
    "MASK": "a mask",
    "ENERGY_PROP_WT": "a spectral map",
    "MATERIAL_SPECIFIC": "a spectral map",
}
"""Values of ImageType that mean an image computed from others, and what each is."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What was found about a series."""

    reasons: tuple[str, ...]
    """Why it cannot be used; empty where it can."""
    grid: Grid | None
    """None where its slices form no regular stack."""
    orientation: str


def _kind_reasons(series: Series) -> list[str]:
    """Reasons of what kind of object it is: modality, localizer, derived, secondary capture, part of the body."""
    file, plane = series.first.file, series.first.plane
    reasons = []
    secondary = "Secondary Capture" in uid_name(file.sop_class)
    if file.modality not in ("CT", ""):
        reasons.append(f"not CT (modality {file.modality})")
    elif not secondary and file.sop_class not in _CT_CLASSES and (file.sop_class or not file.modality):
        reasons.append(f"not CT ({uid_name(file.sop_class) or 'neither modality nor SOP class stated'})")
    if secondary:
        reasons.append("a secondary capture, not measured values")
    kind = [word.upper() for word in plane.image_type]
    if "LOCALIZER" in kind or is_localizer_name(file.series_description):
        reasons.append("a localizer")
    reworked = next((_REWORKED[word] for word in kind if word in _REWORKED), "")
    if reworked:
        reasons.append(f"derived: {reworked} ({'/'.join(kind)})")
    elif kind[:2] == ["DERIVED", "SECONDARY"] or (kind[1:2] == ["SECONDARY"] and not secondary):
        reasons.append(f"derived, secondary image ({'/'.join(kind)})")
    region, said = other_region(file.series_description, file.body_part, file.protocol, file.study_description)
    if region:
        reasons.append(f'not the chest ({region}, from "{said}")')
    return reasons


def _value_reasons(series: Series) -> list[str]:
    """Reasons of the rescale to HU and of single files."""
    reasons = []
    problems = sorted({(s.file.problem, s.file.name) for s in series.slices if s.file.problem})
    if problems:
        more = f", and {len(problems) - 1} more files" if len(problems) > 1 else ""
        reasons.append(f"{problems[0][0]} ({problems[0][1]}{more})")
    planes = [s.plane for s in series.slices if not s.file.problem]
    slopes = [plane.slope for plane in planes]
    if any(slope is None or plane.intercept is None for slope, plane in zip(slopes, planes, strict=True)):
        reasons.append("no rescale to HU")
    elif any(
        not 1e-4 <= (slope or 0.0) <= 100 or abs(plane.intercept or 0.0) > 40_000
        for slope, plane in zip(slopes, planes, strict=True)
    ):
        reasons.append("a rescale that cannot lead to HU")
    kinds = sorted({plane.rescale_type for plane in planes} - {""})
    if any(not kind.upper().startswith("H") for kind in kinds):
        reasons.append(f"its values are not HU but {', '.join(kinds)}")
    return reasons


def _kernels_are_mixed(series: Series, rules: FitnessRules) -> bool:
    """Whether other kernels fill this one's places, rather than being whole reconstructions of their own."""
    own = {s.plane.position for s in series.slices}
    for slices in series.kernels.values():
        other = {s.plane.position for s in slices}
        if len(own & other) < rules.shared_positions * max(len(own), len(other)):
            return True
    return False


def judge(series: Series, rules: FitnessRules, limits: Limits) -> Judgement:
    """Hold a series against all rules that its headers can answer.

    Parameters
    ----------
    series : from `group`
    """
    reasons = _kind_reasons(series)
    orientation = orientation_name(series.first.plane.orientation, rules)
    count, rows, columns = len(series.slices), series.first.file.rows, series.first.file.columns
    if orientation and orientation != "axial":
        reasons.append(f"not axial but {orientation}")
    if _kernels_are_mixed(series, rules):
        names = sorted(name or "not stated" for name in series.kernels)
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        reasons.append(f"mixed kernels ({', '.join(names[:4])}{more})")
    if count < rules.slices:
        reasons.append(f"too few slices ({count}, where at least {rules.slices} are needed)")
    if min(rows, columns) < rules.matrix and rows * columns:
        reasons.append(f"too small a matrix ({rows} x {columns})")
    if count > limits.slices:
        reasons.append(f"{count} slices, past the limit of {limits.slices}")
    elif count * rows * columns > limits.voxels:
        reasons.append(f"{count} x {rows} x {columns} voxels, past the limit of {limits.voxels}")
    reasons += _value_reasons(series)
    grid = None
    if count <= limits.slices:
        grid, problems = arrange([s.plane for s in series.slices], rules)
        if orientation in ("axial", ""):
            reasons += problems
    if grid is not None and count >= rules.slices:
        if grid.spacing > rules.spacing_mm:
            reasons.append(f"slices {grid.spacing:.1f} mm apart, where at most {rules.spacing_mm:.1f} can be used")
        elif grid.coverage < rules.coverage_mm:
            reasons.append(f"covers only {grid.coverage:.0f} mm, where at least {rules.coverage_mm:.0f} are needed")
    return Judgement(reasons=tuple(reasons), grid=grid, orientation=orientation)
