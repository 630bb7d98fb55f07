"""Files of a study in, every series in them with what is wrong with it out; pixels are sampled, not read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pleura.errors import UnreadableFileError
from pleura.imaging.dicom.decode_pool import DecoderPool
from pleura.imaging.dicom.fitness import judge
from pleura.imaging.dicom.geometry import Grid
from pleura.imaging.dicom.grouping import Series, Slice, group, without_copies
from pleura.imaging.dicom.header import DicomFile, read_header
from pleura.imaging.dicom.ranking import Traits
from pleura.imaging.dicom.stack import read_stack
from pleura.imaging.dicom.words import contrast_phase, kernel_class
from pleura.imaging.files import Entry
from pleura.imaging.fitness_rules import FitnessRules
from pleura.imaging.hounsfield import implausible
from pleura.imaging.limits import Limits

__all__ = ["Finding", "Scan", "scan", "survey"]

_PROBES = (0.25, 0.5, 0.75)
"""Where along the body slices are read to see whether their values can be HU."""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What the headers of a study's files hold."""

    files: tuple[DicomFile, ...] = field(repr=False)
    others: tuple[Entry, ...] = field(repr=False)
    """Files that are no DICOM images."""
    unreadable: tuple[str, ...]
    """Why each file that begins as DICOM does could not be read."""
    copies: int
    """Files that were copies of others."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One series and what was found about it."""

    series: Series
    grid: Grid | None
    orientation: str
    reasons: tuple[str, ...]
    """Why it cannot be used; empty where it can."""
    traits: Traits

    @property
    def ordered(self) -> list[Slice]:
        """Its slices from feet to head; as met where they form no regular stack."""
        slices = self.series.slices
        return [slices[k] for k in self.grid.order] if self.grid else list(slices)


def scan(entries: Iterable[Entry], limits: Limits) -> Scan:
    """Read the header of every file, once."""
    files, others, unreadable = [], [], []
    for entry in entries:
        try:
            header = read_header(entry.path, entry.name, limits)
        except UnreadableFileError as error:
            unreadable.append(str(error))
            continue
        if header is None:
            others.append(entry)
        else:
            files.append(header)
    kept, copies = without_copies(files)
    return Scan(files=tuple(kept), others=tuple(others), unreadable=tuple(unreadable), copies=copies)


def _traits(series: Series, grid: Grid | None) -> Traits:
    file, plane = series.first.file, series.first.plane
    kind = [word.upper() for word in plane.image_type]
    return Traits(
        series_uid=file.series_uid,
        kernel=plane.kernel,
        kernel_class=kernel_class(plane.kernel),
        phase=contrast_phase(file.series_description, file.protocol, file.study_description, file.contrast_agent),
        thickness_mm=max(plane.thickness or 0.0, grid.spacing if grid else 0.0),
        coverage_mm=grid.coverage if grid else 0.0,
        slices=len(series.slices),
        derived=kind[:1] == ["DERIVED"],
        lossy=any(slice_.file.lossy for slice_ in series.slices),
    )


def _sampled_reason(slices: Sequence[Slice], pool: DecoderPool) -> str:
    """Why values of a few slices cannot be HU, or cannot be read; "" where they can."""
    probes = [slices[int(share * (len(slices) - 1))] for share in _PROBES]
    try:
        hu, _ = read_stack(probes, pool, lowest=-32768)
    except UnreadableFileError as error:
        return str(error)
    return implausible(hu)


def survey(files: Sequence[DicomFile], rules: FitnessRules, limits: Limits, pool: DecoderPool) -> list[Finding]:
    """Group the files into series and hold each against the rules.

    Parameters
    ----------
    files : headers of a study
    pool : decodes compressed slices

    Returns
    -------
    list
        In the order in which the series first appear.
    """
    findings = []
    for series in group(files):
        judgement = judge(series, rules, limits)
        reasons = judgement.reasons
        if not reasons and judgement.grid is not None:
            ordered = [series.slices[k] for k in judgement.grid.order]
            reason = _sampled_reason(ordered, pool)
            reasons = (reason,) if reason else ()
        findings.append(
            Finding(
                series=series,
                grid=judgement.grid,
                orientation=judgement.orientation,
                reasons=reasons,
                traits=_traits(series, judgement.grid),
            )
        )
    return findings
