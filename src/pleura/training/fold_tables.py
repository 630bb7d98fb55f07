"""A fold's answers in, a CSV file out, and back; and the table of who is in which fold."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.data.cohort import Case, Cohort
from pleura.data.task import Task
from pleura.errors import CohortError
from pleura.evaluation.predictions import Predictions, read_predictions, write_predictions
from pleura.training.assess import Assessment
from pleura.whole_file import write_rows

__all__ = ["read_answers", "write_answers", "write_folds"]


def write_folds(cohort: Cohort, task: Task, fold_of: Mapping[str, int], path: Path) -> None:
    """Write a row a case outside the test split: case, patient, hospital, truth, fold from 1."""
    cases = tuple(case for case in cohort.cases if case.case in fold_of)
    write_rows(
        path,
        [
            {
                "case": case.case,
                "patient": case.patient,
                "hospital": case.hospital,
                "truth": task.classes[number],
                "fold": fold_of[case.case] + 1,
            }
            for case, number in zip(cases, task.labels(cases), strict=True)
        ],
    )


def write_answers(cases: Sequence[Case], task: Task, probabilities: npt.NDArray[np.float64], path: Path) -> None:
    """Write a row a case: case, patient, hospital, truth, and the probability of each class to six digits.

    Parameters
    ----------
    cases : cases of the task
    task : names the classes
    probabilities : (cases, classes)
    path : the file

    Raises
    ------
    OutputError
        If it cannot be written; an old one stays as it was.
    """
    write_predictions(Assessment(cases=tuple(cases), task=task, probabilities=probabilities).predictions(), path)


def read_answers(path: Path, task: Task) -> Predictions:
    """Read what `write_answers` wrote.

    Raises
    ------
    CohortError
        If the file cannot be read, or is of other classes.
    """
    predictions = read_predictions(path)
    if predictions.classes != task.classes:
        raise CohortError(f"{path} is for {', '.join(predictions.classes)}; need {', '.join(task.classes)}")
    return predictions
