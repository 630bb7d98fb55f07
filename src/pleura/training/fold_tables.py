"""A fold's answers in, a CSV file out, and back; and the table of who is in which fold."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.data.cohort import Case, Cohort
from pleura.data.task import Task
from pleura.errors import CohortError, OutputError
from pleura.evaluation.output.files import write_rows
from pleura.evaluation.predictions import Predictions, read_predictions

__all__ = ["prediction_rows", "read_answers", "write_answers", "write_folds", "write_text"]


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
    write_rows(
        path,
        prediction_rows(
            Predictions(
                classes=task.classes,
                cases=tuple(case.case for case in cases),
                truth=np.array(task.labels(tuple(cases)), dtype=np.int64),
                scores=probabilities,
                patients=tuple(case.patient for case in cases),
                hospitals=tuple(case.hospital for case in cases),
            )
        ),
    )


def prediction_rows(predictions: Predictions) -> list[dict[str, str | float | None]]:
    """Give predictions as rows that `pleura.evaluation.predictions.read_predictions` reads back."""
    rows: list[dict[str, str | float | None]] = []
    for index, case in enumerate(predictions.cases):
        row: dict[str, str | float | None] = {"case": case}
        for name, column in (
            ("patient", predictions.patients),
            ("hospital", predictions.hospitals),
            ("group", predictions.groups),
        ):
            if column is not None:
                row[name] = column[index]
        row["truth"] = predictions.classes[predictions.truth[index]]
        row |= {
            name: f"{p:.6f}" for name, p in zip(predictions.classes, predictions.scores[index].tolist(), strict=True)
        }
        rows.append(row)
    return rows


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


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written; an old one stays as it was.
    """
    made = path.with_name(f".{path.name}.part")
    try:
        made.write_text(text, encoding="utf-8")
        made.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        made.unlink(missing_ok=True)
