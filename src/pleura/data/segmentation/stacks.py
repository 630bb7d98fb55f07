"""Cases in; of each the slices that a segmenter sees, with their truth and lungs, out: made once, kept on disk.

An entry is named by the hash of the study, of its masks and of all that decides how slices are made.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import blosc2
import numpy as np
import numpy.typing as npt

from pleura.data.cache import LUNGS_VERSION, cache_key, mask_hash
from pleura.data.cohort import Case
from pleura.data.filling import fill_each
from pleura.data.intensity import check_intensity
from pleura.data.packed import read_packed, write_packed
from pleura.data.segmentation.planes import between_neighbours, find_frame, label_planes, lesions_of, slice_planes
from pleura.errors import CohortError, StudyError
from pleura.imaging.lungs import segment_lungs
from pleura.imaging.nifti_read import read_label_mask
from pleura.imaging.sequence import slice_sequence
from pleura.imaging.study import load_study
from pleura.settings import InputSettings

__all__ = ["Stack", "StackCache"]

_VERSION = 2
"""Goes up when stacks come out differently, so that what was cached before is not used."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices of one study, compressed in memory."""

    packed: blosc2.NDArray
    """int16, (slices, 3, size, size): HU within the window; class numbers of the truth; the lungs, 0 outside."""
    filled: npt.NDArray[np.int64]
    """Slices that show some of what is to be found."""

    @property
    def count(self) -> int:
        """Number of slices."""
        return int(self.packed.shape[0])

    def take(self, index: int, neighbours: int = 0) -> npt.NDArray[np.int16]:
        """Decompress one slice with so many on each side: HU of all, truth and lungs of its own.

        Returns
        -------
        (1 + 2 neighbours + 2, size, size).
        """
        first = max(index - neighbours, 0)
        near = np.asarray(self.packed[first : index + neighbours + 1], dtype=np.int16)  # (there, 3, size, size)
        (shown,) = between_neighbours(np.array([index]), self.count, neighbours) - first
        return np.concatenate([near[shown, 0], near[index - first, 1:]])


@dataclass(frozen=True)
class StackCache:
    """Stacks of a cohort's cases under one folder."""

    folder: Path
    settings: InputSettings
    task: str
    """A key of `pleura.models.segmenter.SEGMENTS`."""

    def load(self, cases: Sequence[Case], *, workers: int = 1, on_done: Callable[[str], object] = str) -> list[Stack]:
        """Read each case's stack; make those that are not there.

        Parameters
        ----------
        cases : any cases
        workers : processes
        on_done : called once a case with its name

        Raises
        ------
        CohortError
            If a case cannot be used, is of 8 bits where HU are needed, or has no mask of what is to be found; names it.
        OutputError
            If an entry cannot be written.
        """
        check_intensity(cases, self.settings)
        paths = fill_each(partial(_fill, self), cases, workers=workers, on_done=lambda case, _: on_done(case.case))
        return [_read(path) for path in paths]

    def key(self, case: Case) -> str:
        """Name a case's entry by all that decides it."""
        decisive = [
            cache_key(case.study, self.settings),
            mask_hash(case.lungs) or f"segmented {LUNGS_VERSION}",
            mask_hash(case.lesions) if self.task == "lesions" else "",
            self.settings.slices,
            self.task,
            _VERSION,
        ]
        return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()


def _fill(cache: StackCache, case: Case) -> Path:
    """Make a case's entry unless a whole one is there; give its path."""
    key = cache.key(case)
    path = cache.folder / key[:2] / f"{key}.{cache.task}"
    if path.exists():
        try:
            read_packed(path)
        except CohortError:
            pass  # damaged: made anew below
        else:
            return path
    try:
        planes, filled = _planes(cache, case)
    except StudyError as error:
        raise CohortError(f"case {case.case} cannot be used: {error}") from error
    write_packed(path, planes, {"filled": filled})
    return path


def _planes(cache: StackCache, case: Case) -> tuple[npt.NDArray[np.int16], list[int]]:
    """Read a case; give its planes, (slices, 3, size, size), and which slices are filled."""
    settings = cache.settings
    if cache.task == "lungs" and case.lungs is None:
        raise CohortError(f"case {case.case} has no lung mask; a lung segmenter learns from cases that have one")
    if cache.task == "lesions" and case.lesions is None and case.label != "healthy":
        raise CohortError(f"case {case.case} ({case.label}) has no lesion mask; leave it out, or give it one")
    volume, _ = load_study(case.study)
    lungs = segment_lungs(volume) if case.lungs is None else read_label_mask(case.lungs)
    if cache.task == "lungs":
        truth = lungs
    else:
        truth = np.zeros_like(lungs) if case.lesions is None else lesions_of(read_label_mask(case.lesions))
    for name, mask in (("lung", lungs), ("lesion", truth)):
        if mask.shape != volume.shape:
            raise CohortError(
                f"case {case.case}: a {name} mask of shape {mask.shape} on a study of shape {volume.shape}"
            )
    frame = find_frame(volume, lungs, settings, task=cache.task)
    chosen = slice_sequence(frame.slices[1] - frame.slices[0], most=settings.slices)
    small_truth = label_planes(truth, frame, chosen, settings.size)
    small_lungs = label_planes(lungs, frame, chosen, settings.size)
    planes = np.stack(
        [
            slice_planes(volume, frame, chosen, settings),
            small_truth.astype(np.int16),
            small_lungs.astype(np.int16),
        ],
        axis=1,
    )
    return planes, np.flatnonzero(small_truth.any(axis=(1, 2))).tolist()


def _read(path: Path) -> Stack:
    packed = read_packed(path)
    return Stack(packed, np.array(packed.schunk.vlmeta["filled"], dtype=np.int64))
