"""Cases in; of each the slices of its whole series, small, with its lungs, out: made once, kept on disk.

An entry is named by the hash of the study, of the lung mask and of all that decides how slices are made.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.data.cache import LUNGS_VERSION, cache_key, mask_hash
from pleura.data.cohort import Case
from pleura.data.filling import fill_each
from pleura.data.intensity import check_intensity
from pleura.errors import CohortError, OutputError, StudyError
from pleura.imaging.inplane import resize_area
from pleura.imaging.lungs import segment_lungs
from pleura.imaging.nifti_read import read_label_mask
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume
from pleura.models.slice_scores import small_slices
from pleura.settings import InputSettings
from pleura.whole_file import whole_file

__all__ = ["SliceStack", "SliceStacks", "stack_slices"]

_VERSION = 1
"""Goes up when stacks come out differently, so that what was cached before is not used."""


@dataclass(frozen=True, eq=False)
class SliceStack:
    """Slices of one series, evenly spread from its first to its last."""

    slices: npt.NDArray[np.int16]
    """HU within the window, (slices, size, size)."""
    lungs: npt.NDArray[np.bool_]
    """Where lung covers half of a pixel or more, (slices, size, size)."""
    shares: npt.NDArray[np.float32]
    """Lung area of each slice over that of the series' slice with most, (slices,); 0 where there is no lung pixel."""
    pixel: float
    """Distance between the small slices' pixels, mm."""


def stack_slices(volume: Volume, lungs: npt.NDArray[np.uint8], settings: InputSettings, *, most: int) -> SliceStack:
    """Take at most so many slices of a series.

    Parameters
    ----------
    volume : a whole series
    lungs : 0 outside, on the volume's grid
    settings : window and size
    most : slices to take, evenly spread; all if there are no more

    Raises
    ------
    CohortError
        If the mask is not on the volume's grid, or empty.
    """
    if lungs.shape != volume.shape or not lungs.any():
        raise CohortError(
            f"lungs of shape {lungs.shape} with {np.count_nonzero(lungs)} voxels on a volume of shape {volume.shape}; "
            "need a lung mask on the same grid that is not empty"
        )
    areas = np.count_nonzero(lungs, axis=(1, 2))
    chosen = np.unique(np.linspace(0, len(areas) - 1, min(most, len(areas))).round().astype(np.int64))
    covers = np.concatenate([resize_area(lungs[[z]] > 0, settings.size) for z in chosen])
    return SliceStack(
        slices=small_slices(volume.hu[chosen], settings),
        lungs=covers >= 0.5,
        shares=(areas[chosen] / areas.max()).astype(np.float32),
        pixel=float(np.sqrt(np.prod(volume.spacing[1:]) * np.prod(volume.shape[1:]))) / settings.size,
    )


@dataclass(frozen=True)
class SliceStacks:
    """Stacks of a cohort's cases under one folder."""

    folder: Path
    settings: InputSettings
    most: int
    """Slices of a case."""

    def load(
        self, cases: Sequence[Case], *, workers: int = 1, on_done: Callable[[str], object] = str
    ) -> list[SliceStack]:
        """Read each case's stack; make those that are not there.

        Parameters
        ----------
        cases : any cases; where one has no lung mask, the lungs are segmented
        workers : processes
        on_done : called once a case with its name

        Raises
        ------
        CohortError
            If a case cannot be used, or is of 8 bits where HU are needed; names the case.
        OutputError
            If an entry cannot be written.
        """
        check_intensity(cases, self.settings)
        paths = fill_each(partial(_fill, self), cases, workers=workers, on_done=lambda case, _: on_done(case.case))
        return [_read(path) for path in paths]

    def key(self, case: Case) -> str:
        """Name a case's entry by all that decides it."""
        lungs = mask_hash(case.lungs) or f"segmented {LUNGS_VERSION}"
        decisive = [cache_key(case.study, self.settings), lungs, self.most, _VERSION]
        return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()


def _fill(stacks: SliceStacks, case: Case) -> Path:
    """Make a case's entry unless a whole one is there; give its path."""
    key = stacks.key(case)
    path = stacks.folder / key[:2] / f"{key}.npz"
    if path.exists():
        try:
            _read(path)
        except CohortError:
            pass  # damaged: made anew below
        else:
            return path
    try:
        volume, _ = load_study(case.study)
        lungs = segment_lungs(volume) if case.lungs is None else read_label_mask(case.lungs)
        stack = stack_slices(volume, lungs, stacks.settings, most=stacks.most)
    except (StudyError, CohortError) as error:
        raise CohortError(f"case {case.case} cannot be used: {error}") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {path.parent}: {error.strerror}; make room, or name another --cache") from error
    with whole_file(path, advice="make room, or name another --cache") as made, made.open("wb") as file:
        np.savez(
            file,
            slices=stack.slices,
            lungs=np.packbits(stack.lungs, axis=2),
            shares=stack.shares,
            pixel=np.float64(stack.pixel),
        )
    return path


def _read(path: Path) -> SliceStack:
    try:
        # the archive's checksums are checked on the way
        with path.open("rb") as file, np.load(file, allow_pickle=False) as entry:
            slices = entry["slices"]
            lungs = np.unpackbits(entry["lungs"], axis=2, count=slices.shape[2]).astype(bool)
            return SliceStack(slices, lungs, entry["shares"], float(entry["pixel"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CohortError(f"the cached slices {path} are damaged: {error}; train again to make them anew") from error
