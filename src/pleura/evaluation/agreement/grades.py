"""True grades and graded answers in; quadratic-weighted kappa and one-against-rest areas out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.classification import IntervalSettings, Result, evaluate_classes
from pleura.evaluation.intervals.bootstrap import count_patients, resample_weights
from pleura.evaluation.intervals.estimate import Estimate, percentile

__all__ = ["GradeResult", "evaluate_grades", "quadratic_kappa", "quadratic_kappa_interval"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GradeResult:
    """How well grades are told apart."""

    kappa: Estimate | None
    """Quadratic-weighted, of the most probable grade; None where all truths and answers are one grade."""
    mean_error: float
    """Mean of |answered - true| in grades."""
    off_by_more: int
    """Cases whose answer is two grades or more from the truth."""
    result: Result
    """Each grade against the rest, with its AUC; confusion, accuracy."""


def quadratic_kappa(truth: npt.ArrayLike, answer: npt.ArrayLike, grades: int) -> float:
    """Cohen's kappa with weights that grow with the square of the distance between grades.

    1 - (mean squared distance of answer and truth) / (the same if answers were dealt to cases at random); 1 is
    agreement, 0 what chance gives.

    Parameters
    ----------
    truth, answer : (cases,), whole numbers from 0 to grades - 1
    grades : how many there are, 2 or more

    Returns
    -------
    NaN where truth and answer are all one and the same grade.

    Raises
    ------
    ValueError
        If shapes differ, there is no case, or a grade is out of range.

    References
    ----------
    J. Cohen, Weighted kappa: nominal scale agreement with provision for scaled disagreement or partial credit,
    Psychological Bulletin 70 (1968) 213-220.

    Examples
    --------
    >>> quadratic_kappa([0, 1, 2, 2], [0, 1, 1, 2], grades=3)
    0.8
    """
    return float(_kappas(*_checked(truth, answer, grades), grades, np.ones((1, np.size(truth))))[0])


def quadratic_kappa_interval(
    truth: npt.ArrayLike,
    answer: npt.ArrayLike,
    grades: int,
    *,
    patients: Sequence[str] | None = None,
    settings: IntervalSettings | None = None,
) -> Estimate | None:
    """Quadratic-weighted kappa with a percentile interval over patients, resampled within true grades.

    Parameters
    ----------
    truth, answer, grades : as in `quadratic_kappa`
    patients : (cases,), or None where each case is a patient of its own
    settings : confidence, resamples and seed are used

    Returns
    -------
    None where kappa is undefined.

    Raises
    ------
    ValueError
        As `quadratic_kappa`.
    """
    settings = settings or IntervalSettings()
    true, said = _checked(truth, answer, grades)
    weights = resample_weights(true, patients, resamples=settings.resamples, seed=settings.seed)
    return percentile(
        quadratic_kappa(true, said, grades),
        _kappas(true, said, grades, weights),
        patients=min(count_patients(true == grade, patients) for grade in np.unique(true)),
        confidence=settings.confidence,
    )


def evaluate_grades(
    truth: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    grades: Sequence[str],
    *,
    patients: Sequence[str] | None = None,
    settings: IntervalSettings | None = None,
) -> GradeResult:
    """Judge probabilities of ordinal grades, such as severity 1, 2 and 3.

    Parameters
    ----------
    truth : (cases,), index into `grades`
    probabilities : (cases, grades)
    grades : names, in rising order
    patients : (cases,), or None where each case is a patient of its own
    settings : of the intervals

    Raises
    ------
    ValueError
        As `evaluate_classes`.
    """
    result = evaluate_classes(truth, probabilities, grades, patients=patients, settings=settings)
    true = np.asarray(truth, dtype=np.int64)
    said = np.asarray(probabilities, dtype=np.float64).argmax(axis=1)
    distance = np.abs(said - true)
    return GradeResult(
        kappa=quadratic_kappa_interval(true, said, len(grades), patients=patients, settings=settings),
        mean_error=float(distance.mean()),
        off_by_more=int((distance > 1).sum()),
        result=result,
    )


def _checked(
    truth: npt.ArrayLike, answer: npt.ArrayLike, grades: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    true, said = np.asarray(truth, dtype=np.int64), np.asarray(answer, dtype=np.int64)
    if true.ndim != 1 or true.shape != said.shape or len(true) == 0 or grades < 2:
        raise ValueError(f"need (cases,) twice and 2 grades or more, got {true.shape}, {said.shape}, {grades} grades")
    low, high = min(true.min(), said.min()), max(true.max(), said.max())
    if low < 0 or high >= grades:
        raise ValueError(f"need grades from 0 to {grades - 1}, got {low} to {high}")
    return true, said


def _kappas(true: npt.NDArray[np.int64], said: npt.NDArray[np.int64], grades: int, weights: Floats) -> Floats:
    """Kappa under each weighting of the cases, (weightings,); NaN where undefined."""
    columns = np.arange(grades)
    is_true, is_said = (true[:, None] == columns).astype(np.float64), (said[:, None] == columns).astype(np.float64)
    total = weights.sum(axis=1)
    seen = weights @ ((true - said) ** 2).astype(np.float64) / total
    by_chance = np.einsum("bi,ij,bj->b", weights @ is_true, (columns[:, None] - columns) ** 2, weights @ is_said) / (
        total**2
    )
    return np.asarray(1 - seen / np.where(by_chance > 0, by_chance, np.nan))
