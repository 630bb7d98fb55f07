"""Findings about a study's series in, candidates in order of preference out, the first usable one chosen."""

from collections.abc import Sequence

from pleura.imaging.candidate import Candidate
from pleura.imaging.dicom.ranking import rank_key, why_lower
from pleura.imaging.dicom.survey import Finding

__all__ = ["choose"]


def _candidate(finding: Finding, *, chosen: bool, reasons: tuple[str, ...], rank: int | None) -> Candidate:
    file, plane, traits = finding.series.first.file, finding.series.first.plane, finding.traits
    spacing = plane.spacing
    return Candidate(
        series_uid=file.series_uid,
        description=file.series_description,
        kernel=plane.kernel,
        kernel_class=traits.kernel_class,
        phase=traits.phase,
        orientation=finding.orientation,
        slices=traits.slices,
        rows=file.rows,
        columns=file.columns,
        thickness_mm=plane.thickness,
        spacing_mm=finding.grid.spacing if finding.grid else None,
        pixel_mm=(spacing[0], spacing[1]) if spacing else None,
        coverage_mm=finding.grid.coverage if finding.grid else None,
        manufacturer=file.manufacturer,
        scanner=file.scanner,
        usable=rank is not None,
        chosen=chosen,
        reasons=reasons,
        rank=rank,
    )


def _patient(finding: Finding) -> str:
    return finding.series.first.file.patient_id


def choose(findings: Sequence[Finding], series_uid: str | None = None) -> list[tuple[Candidate, Finding]]:
    """Rank the usable series and choose the first, or the first of the named SeriesInstanceUID.

    Where usable series are of several patients, none is chosen unless one is named: whose answer it would be is not
    for a ranking rule to say.

    Returns
    -------
    list
        Usable series by rank, then the others as they were met; at most one is chosen.
    """
    usable = [finding for finding in findings if not finding.reasons]
    longest = max((finding.traits.coverage_mm for finding in usable), default=0.0)
    usable.sort(key=lambda finding: rank_key(finding.traits, longest))
    named = [finding for finding in usable if series_uid in (None, finding.traits.series_uid)]
    patients = sorted({_patient(finding) for finding in usable} - {""})
    mixed = series_uid is None and len(patients) > 1
    best = named[0] if named and not mixed else None
    out = []
    for place, finding in enumerate(usable, start=1):
        if finding is best:
            reasons: tuple[str, ...] = ()
        elif mixed:
            reasons = (
                f"usable, but one of {len(patients)} patients in the study (this is {_patient(finding) or '?'})",
            )
        elif series_uid is not None:
            reasons = ("also usable; another series was asked for",)
        else:
            lower = why_lower(finding.traits, usable[0].traits, longest)
            reasons = (f"also usable; ranked lower because {lower}",)
        out.append((_candidate(finding, chosen=finding is best, reasons=reasons, rank=place), finding))
    unusable = [finding for finding in findings if finding.reasons]
    return out + [(_candidate(f, chosen=False, reasons=f.reasons, rank=None), f) for f in unusable]
