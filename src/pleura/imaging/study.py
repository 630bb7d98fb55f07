"""A path in (DICOM file, folder, ZIP or NIfTI), the study's series with the one to use out, and its Volume."""

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from pleura.errors import NoUsableSeriesError, StudyError, UnreadableFileError
from pleura.imaging.archive import is_zip, unpack
from pleura.imaging.candidate import Candidate
from pleura.imaging.dicom.assemble import assemble
from pleura.imaging.dicom.choice import choose
from pleura.imaging.dicom.decode_pool import DecoderPool
from pleura.imaging.dicom.survey import Finding, Scan, scan, survey
from pleura.imaging.files import Entry, list_folder
from pleura.imaging.fitness_rules import FitnessRules
from pleura.imaging.limits import Limits
from pleura.imaging.nifti_read import is_nifti_name
from pleura.imaging.nifti_series import describe, read_nifti_volume, refused
from pleura.imaging.volume import Volume

__all__ = ["Study", "load_study", "open_study"]

_MOST_WORKERS = 8
_SERIES_IN_MESSAGE = 6

_Reader = Callable[[], Volume]


class Study:
    """The series of a study, one of them chosen; close it, or use it in a `with` block, to remove what was unpacked.

    Made by `open_study`.
    """

    def __init__(
        self,
        path: Path,
        series: Sequence[tuple[Candidate, _Reader]],
        *,
        skipped: int,
        unreadable: tuple[str, ...],
        folder: Path | None,
        pool: DecoderPool,
    ) -> None:
        self.path = path
        """What was opened."""
        self.candidates: tuple[Candidate, ...] = tuple(candidate for candidate, _ in series)
        """Every series: usable ones by rank, then the others."""
        self.skipped = skipped
        """Files that are no images of a series, such as a README or a DICOMDIR."""
        self.unreadable = unreadable
        """One line for each DICOM file whose header cannot be read."""
        self._pool = pool
        self._readers = [reader for _, reader in series]
        self._cleanup = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True) if folder else None

    def __enter__(self) -> Self:
        """Return the study itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was unpacked."""
        self.close()

    def close(self) -> None:
        """Remove what was unpacked and end decoders; candidates stay, volumes can no longer be read."""
        self._pool.close()
        if self._cleanup is not None:
            self._cleanup()

    @property
    def chosen(self) -> Candidate:
        """The series to use.

        Raises
        ------
        NoUsableSeriesError
            If there is none; the message gives the reasons for each.
        """
        for candidate in self.candidates:
            if candidate.chosen:
                return candidate
        lines = [f"{c.summary}: {'; '.join(c.reasons)}" for c in self.candidates[:_SERIES_IN_MESSAGE]]
        if len(self.candidates) > _SERIES_IN_MESSAGE:
            lines.append(f"and {len(self.candidates) - _SERIES_IN_MESSAGE} more")
        alone = self.path.is_file() and [c.slices for c in self.candidates] == [1]
        wanted = "Give the folder of the whole series" if alone else "Give an axial, unprocessed chest CT series in HU"
        raise NoUsableSeriesError(
            f"no series of {self.path.name} is fit for chest diagnosis. {' | '.join(lines)}. {wanted}"
        )

    def read(self) -> Volume:
        """Read the chosen series.

        Raises
        ------
        NoUsableSeriesError
            If none is chosen.
        StudyError
            If its voxels turn out to be damaged or not HU of a chest.
        """
        return self._readers[self.candidates.index(self.chosen)]()


def _cores() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST_WORKERS)


def _notes(found: Scan, findings: Sequence[Finding]) -> tuple[str, ...]:
    """List what a reader of the volume should know about the study's files."""
    notes = []
    if (studies := len({f.series.first.file.study_uid for f in findings if not f.reasons})) > 1:
        notes.append(f"the files hold usable series of {studies} studies, of which one was chosen")
    if found.unreadable:
        notes.append(
            f"{len(found.unreadable)} DICOM files of the study could not be read, one being {found.unreadable[0]}"
        )
    if found.copies:
        notes.append(f"{found.copies} files of the study were copies of others and not counted")
    return tuple(notes)


def _dicom(
    found: Scan, series_uid: str | None, rules: FitnessRules, limits: Limits, pool: DecoderPool
) -> list[tuple[Candidate, _Reader]]:
    findings = survey(found.files, rules, limits, pool)
    notes = _notes(found, findings)
    return [(candidate, partial(assemble, finding, notes, pool)) for candidate, finding in choose(findings, series_uid)]


def _nifti(
    entries: Sequence[Entry], series_uid: str | None, rules: FitnessRules, limits: Limits
) -> list[tuple[Candidate, _Reader]]:
    """Candidates of NIfTI files, the first usable one chosen; a file on its own raises what is wrong with it."""
    series: list[tuple[Candidate, _Reader]] = []
    taken = False
    for entry in entries:
        reader: _Reader = partial(read_nifti_volume, entry, rules, limits)
        try:
            volume = reader()
        except StudyError as error:
            if len(entries) == 1:
                raise
            series.append((refused(entry, str(error)), reader))
            continue
        candidate = describe(entry, volume)
        if not taken and series_uid in (None, entry.name):
            taken = True
            series.append((replace(candidate, chosen=True), partial(_given, volume)))
        else:
            why = "another file was asked for" if series_uid else "ranked lower because its name comes later"
            series.append((replace(candidate, reasons=(f"also usable; {why}",)), reader))
    return series


def _given(volume: Volume) -> Volume:
    return volume


def _series(
    path: Path, entries: Sequence[Entry], series_uid: str | None, limits: Limits, pool: DecoderPool
) -> tuple[list[tuple[Candidate, _Reader]], Scan]:
    """Every series among the files; refused where there is none."""
    rules = FitnessRules()
    found = scan(entries, limits)
    if found.files:
        broken = found.files[0]
        if len(entries) == 1 and broken.problem:
            raise UnreadableFileError(f"{broken.name} cannot be used: {broken.problem}; export it again")
        return _dicom(found, series_uid, rules, limits, pool), found
    niftis = [entry for entry in found.others if is_nifti_name(entry.name)]
    if niftis:
        return _nifti(niftis, series_uid, rules, limits), found
    if found.unreadable:
        raise UnreadableFileError(found.unreadable[0])
    what = f"none of the {len(entries)} files in {path.name} is" if entries else f"{path.name} holds no file that is"
    if len(entries) == 1 and path.is_file():
        what = f"{path.name} is neither a ZIP archive nor"
    raise UnreadableFileError(f"{what} a DICOM or NIfTI image; give a chest CT study")


def _open(path: Path, series_uid: str | None, limits: Limits) -> Study:
    path = Path(path)
    if path.is_dir():
        entries, folder = list_folder(path, limits), None
    elif not path.is_file():
        raise UnreadableFileError(f"{path} is no file or folder; check the path")
    elif path.stat().st_size == 0:
        raise UnreadableFileError(f"{path.name} is empty; export it again")
    elif is_zip(path):
        folder = Path(tempfile.mkdtemp(prefix="pleura-"))
        entries = []
    else:
        entries, folder = [Entry(path, path.name)], None
    pool = DecoderPool(_cores())
    try:
        if folder is not None:
            entries = unpack(path, folder, limits)
        series, found = _series(path, entries, series_uid, limits, pool)
    except BaseException:
        pool.close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    used = len(series) if not found.files else len(found.files) + found.copies
    return Study(
        path,
        series,
        skipped=len(entries) - used - len(found.unreadable),
        unreadable=found.unreadable,
        folder=folder,
        pool=pool,
    )


def open_study(path: Path, *, limits: Limits = Limits()) -> Study:
    """Scan a study's headers, sort its slices into series, and choose the one to use.

    Pixels are only sampled, except in a NIfTI, which is read whole.

    Parameters
    ----------
    path : a DICOM file, a folder of any depth, a ZIP archive, or a NIfTI (.nii, .nii.gz)
    limits : what is refused as too large

    Returns
    -------
    Study
        With every series and the reasons against each; that none can be used shows when one is asked for.

    Raises
    ------
    UnreadableFileError
        If there is no image in it, or the only file is damaged.
    UnsafeArchiveError
        If an archive is past the limits or tries to leave its folder.
    GeometryError, IntensityError
        If a NIfTI has no straight affine, or no HU of a chest.
    """
    return _open(path, None, limits)


def load_study(path: Path, *, series_uid: str | None = None, limits: Limits = Limits()) -> tuple[Volume, Study]:
    """Open a study and read the chosen series, or the named one, into a Volume.

    Parameters
    ----------
    path : as for `open_study`
    series_uid : SeriesInstanceUID of the series to use; for one of several NIfTI files, its name
    limits : what is refused as too large

    Returns
    -------
    volume : HU on the canonical grid
    study : what else the study holds; closed, so that its candidates remain and nothing on the disk

    Raises
    ------
    NoUsableSeriesError
        If no series is fit, or the named one is not; the message gives the reasons.
    StudyError
        As `open_study`; also if voxels turn out to be damaged or not HU of a chest.
    """
    with _open(path, series_uid, limits) as study:
        if series_uid is not None and not any(c.chosen for c in study.candidates):
            named = [c for c in study.candidates if c.series_uid == series_uid]
            found = " | ".join(f"{c.summary}: {'; '.join(c.reasons)}" for c in named)
            known = ", ".join(dict.fromkeys(c.series_uid for c in study.candidates if c.usable)) or "none"
            raise NoUsableSeriesError(
                f"series {series_uid} of {study.path.name} cannot be used. "
                + (found or f"It is not in the study; usable ones are: {known}")
            )
        return study.read(), study
