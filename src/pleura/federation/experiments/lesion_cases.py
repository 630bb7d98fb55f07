"""Pixels of each test case that a segmenter found and missed in; Dice with both intervals, and files, out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.evaluation.intervals.bootstrap import count_patients, resample_weights
from pleura.evaluation.repeated.runs import RESAMPLES, Table
from pleura.evaluation.rows import read_rows
from pleura.whole_file import write_rows

__all__ = ["LesionCases", "lesion_table", "read_lesion_cases", "write_lesion_cases"]

Floats = npt.NDArray[np.float64]
_NUMBERS = ("shared", "found", "there", "lungs")


@dataclass(frozen=True, eq=False, kw_only=True)
class LesionCases:
    """What a segmenter made of some cases, in pixels of the slices that it saw."""

    cases: tuple[str, ...]
    patients: tuple[str, ...]
    hospitals: tuple[str, ...]
    shared: Floats
    """(cases,), found and there."""
    found: Floats
    there: Floats
    lungs: Floats

    def of(self, chosen: npt.NDArray[np.bool_]) -> "LesionCases":
        """Keep some cases; `chosen` is (cases,)."""
        keep = np.flatnonzero(chosen).tolist()
        names = {name: tuple(getattr(self, name)[k] for k in keep) for name in ("cases", "patients", "hospitals")}
        numbers = {name: getattr(self, name)[keep] for name in _NUMBERS}
        return LesionCases(**names, **numbers)  # type: ignore[arg-type]


def lesion_table(runs: Sequence[LesionCases]) -> Table:
    """Measure each run with the cases as they are, and with patients resampled, the same in every run.

    Patients with lesions and without are drawn separately, as many of each as there are.

    Parameters
    ----------
    runs : the same cases in the same order; one at least shows lesions

    Returns
    -------
    Measures are "dice", the mean over the cases that have lesions; "dice of all pixels", 2 TP / (2 TP + FP + FN) over
    all cases together; "ratio rmse", the root mean square error of the share of the lungs that is diseased, over all
    cases.

    Raises
    ------
    ValueError
        If there is no run, runs differ in their cases, or no case has lesions.
    """
    if not runs or any(one.cases != runs[0].cases or (one.there != runs[0].there).any() for one in runs):
        raise ValueError(f"need answers on the same cases for each run, got {[len(one.cases) for one in runs]}")
    first = runs[0]
    having = first.there > 0
    if not having.any():
        raise ValueError("no case has lesions, so that there is no Dice")
    drawn = resample_weights(having.astype(np.int64), first.patients, resamples=RESAMPLES, seed=0)
    weights = np.concatenate([np.ones((1, len(having))), drawn])
    values = [_measures(one, weights, having) for one in runs]
    most = count_patients(np.ones(len(having), dtype=np.bool_), first.patients)
    sick = count_patients(having, first.patients)
    return Table(
        {name: np.stack([one[name] for one in values]) for name in values[0]},
        {"dice": sick, "dice of all pixels": sick, "ratio rmse": most},
        len(having),
    )


def _measures(one: LesionCases, weights: Floats, having: npt.NDArray[np.bool_]) -> dict[str, Floats]:
    total = np.maximum(one.found + one.there, 1)
    share = (one.found - one.there) / np.maximum(one.lungs, 1)
    return {
        "dice": weights[:, having] @ (2 * one.shared / total)[having] / weights[:, having].sum(axis=1),
        "dice of all pixels": 2 * (weights @ one.shared) / (weights @ (one.found + one.there)),
        "ratio rmse": np.sqrt(weights @ share**2 / weights.sum(axis=1)),
    }


def write_lesion_cases(cases: LesionCases, path: Path) -> None:
    """Write a row a case; `OutputError` if the file cannot be written."""
    numbers = {name: getattr(cases, name).astype(np.int64).tolist() for name in _NUMBERS}
    columns = {"case": cases.cases, "patient": cases.patients, "hospital": cases.hospitals, **numbers}
    write_rows(path, [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])


def read_lesion_cases(path: Path) -> LesionCases:
    """Read what `write_lesion_cases` wrote; `CohortError` if it cannot be read."""
    rows = read_rows(path, ("case", "patient", "hospital", *_NUMBERS))
    names = {f"{name}s": tuple(row[name] for row in rows) for name in ("case", "patient", "hospital")}
    numbers = {name: np.array([float(row[name]) for row in rows]) for name in _NUMBERS}
    return LesionCases(**names, **numbers)  # type: ignore[arg-type]
