"""A cache of prepared slices: a case in, its int16 slices and lesion mask out, made once, kept compressed on disk.

An entry is named by the hash of the study's bytes and of all that decides how slices are made, so a change of either
leads to a new entry and never to an old answer. An entry that is damaged is made anew, and said.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import blosc2
import numpy as np
import numpy.typing as npt

from pleura.data.cohort import Case
from pleura.data.filling import fill_each
from pleura.data.intensity import check_intensity
from pleura.data.packed import read_packed, write_packed
from pleura.data.preparation import prepare_study
from pleura.errors import CohortError, StudyError
from pleura.imaging.field import Field
from pleura.imaging.inplane import PREPARE_VERSION, prepare_labels
from pleura.imaging.nifti_read import read_label_mask
from pleura.settings import InputSettings

__all__ = ["LUNGS_VERSION", "Entry", "LesionEntry", "SliceCache", "cache_key", "default_cache_folder", "mask_hash"]

LUNGS_VERSION = 2
"""Goes up when the lungs' slice range comes out differently, so that what was cached before is not used."""


def default_cache_folder() -> Path:
    """Give the user's cache folder: under $PLEURA_HOME if set, else $XDG_CACHE_HOME or ~/.cache."""
    home = os.environ.get("PLEURA_HOME")
    if home:
        return Path(home) / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pleura"


def cache_key(study: Path, settings: InputSettings) -> str:
    """Hash a study's bytes and the transform's settings.

    The names and places of the files do not matter, nor their order.

    Parameters
    ----------
    study : a file, or a folder of any depth
    settings : of which only window, size and field decide the slices

    Raises
    ------
    CohortError
        If a file cannot be read.
    """
    files = sorted(path for path in study.rglob("*") if path.is_file()) if study.is_dir() else [study]
    hashes = []
    try:
        for path in files:
            with path.open("rb") as file:
                hashes.append(hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as error:
        raise CohortError(f"cannot read {error.filename}: {error.strerror}") from error
    transform = {
        "files": sorted(hashes),
        "window": [settings.window_low, settings.window_high],
        "size": settings.size,
        "field": settings.field,
        "prepare": PREPARE_VERSION,
        "lungs": LUNGS_VERSION,
    }
    return hashlib.sha256(json.dumps(transform, sort_keys=True).encode()).hexdigest()


def mask_hash(mask: Path | None) -> str:
    """Name a mask by its content; empty for none.

    Raises
    ------
    CohortError
        If it cannot be read.
    """
    try:
        return "" if mask is None else hashlib.sha256(mask.read_bytes()).hexdigest()
    except OSError as error:
        raise CohortError(f"cannot read {mask}: {error.strerror}") from error


@dataclass(frozen=True, eq=False)
class Entry:
    """One case's slices, compressed in memory."""

    packed: blosc2.NDArray
    field: Field
    """What the slices show, on the study's own grid."""

    @property
    def count(self) -> int:
        """Number of lung slices."""
        return int(self.packed.shape[0])

    def take(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
        """Decompress some slices; HU, shape (len(indices), size, size)."""
        return np.stack([np.asarray(self.packed[int(z)], dtype=np.int16) for z in indices])

    def all(self) -> npt.NDArray[np.int16]:
        """Decompress every slice; HU, shape (count, size, size)."""
        return np.asarray(self.packed[:], dtype=np.int16)


@dataclass(frozen=True, eq=False)
class LesionEntry:
    """One case's lesion mask on the grid of its slices, compressed in memory."""

    packed: blosc2.NDArray

    def take(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """Decompress some slices; labels, shape (len(indices), size, size)."""
        return np.stack([np.asarray(self.packed[int(z)], dtype=np.uint8) for z in indices])


@dataclass(frozen=True)
class SliceCache:
    """Prepared slices of a cohort's cases under one folder."""

    folder: Path
    settings: InputSettings

    def warm(
        self, cases: Sequence[Case], *, workers: int = 1, on_done: Callable[[str], object] = str
    ) -> dict[str, str]:
        """Make the entries that are not there.

        Parameters
        ----------
        cases : any cases
        workers : processes
        on_done : called once a case with a note, empty unless something had to be mended

        Returns
        -------
        Case name -> key of its entry, for `open`.

        Raises
        ------
        CohortError
            If a case's study cannot be used, or is of 8 bits where HU are needed; names the case.
        OutputError
            If an entry cannot be written.
        """
        check_intensity(cases, self.settings)
        filled = fill_each(partial(_fill, self), cases, workers=workers, on_done=lambda _, entry: on_done(entry[1]))
        return {case.case: key for case, (key, _) in zip(cases, filled, strict=True)}

    def open(self, key: str) -> Entry:
        """Read an entry and check it; nothing is decompressed yet.

        Raises
        ------
        CohortError
            If the entry is missing or damaged.
        """
        packed = read_packed(self._path(key))
        return Entry(packed, Field(*(tuple(bounds) for bounds in packed.schunk.vlmeta["field"])))

    def warm_lesions(self, cases: Sequence[Case], keys: Mapping[str, str]) -> dict[str, str]:
        """Make the lesion masks of cases whose slices are there, on the slices' grid.

        Parameters
        ----------
        cases : healthy, or with a lesion mask
        keys : as `warm` gives them

        Returns
        -------
        Case name -> key of its lesion mask, for `open_lesions`.

        Raises
        ------
        CohortError
            If a case that is not healthy has no lesion mask, or a mask cannot be used.
        OutputError
            If an entry cannot be written.
        """
        return {case.case: _fill_lesions(self, case, keys[case.case]) for case in cases}

    def open_lesions(self, key: str) -> LesionEntry:
        """Read a lesion mask; an error as for `open`."""
        return LesionEntry(read_packed(self._path(key, "lesions")))

    def _path(self, key: str, kind: str = "slices") -> Path:
        return self.folder / key[:2] / f"{key}.{kind}"


def _fill(cache: SliceCache, case: Case) -> tuple[str, str]:
    """Make a case's entry unless a whole one is there; give its key and a note."""
    key = cache_key(case.study, cache.settings)
    path = cache._path(key)
    note = ""
    if path.exists():
        try:
            read_packed(path)
        except CohortError as error:
            note = f"case {case.case}: {error}; made anew"
        else:
            return key, ""
    try:
        slices, field = prepare_study(case.study, cache.settings)
    except StudyError as error:
        raise CohortError(f"case {case.case} cannot be used: {error}") from error
    write_packed(path, slices, {"field": [list(bounds) for bounds in (field.slices, field.rows, field.columns)]})
    return key, note


def _fill_lesions(cache: SliceCache, case: Case, slices_key: str) -> str:
    """Make a case's lesion mask unless it is there; give its key."""
    if case.lesions is None and case.label != "healthy":
        raise CohortError(f"case {case.case} has no lesion mask; give it one, or set loss.lesions = 0 in the recipe")
    content = b"" if case.lesions is None else case.lesions.read_bytes()
    key = hashlib.sha256(slices_key.encode() + content).hexdigest()
    path = cache._path(key, "lesions")
    if path.exists():
        return key
    entry = cache.open(slices_key)
    size = cache.settings.size
    if case.lesions is None:
        labels = np.zeros((entry.count, size, size), dtype=np.uint8)
    else:
        try:
            labels = prepare_labels(read_label_mask(case.lesions), entry.field, size=size)
        except StudyError as error:
            raise CohortError(f"the lesion mask of case {case.case} cannot be used: {error}") from error
    write_packed(path, labels, {})
    return key
