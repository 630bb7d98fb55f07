"""A CSV file of scores and truths in, checked arrays out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.rows import read_rows
from pleura.whole_file import write_rows

__all__ = ["Predictions", "read_cases", "read_predictions", "read_runs", "read_truth", "write_predictions"]

KNOWN = ("case", "truth", "patient", "hospital", "group", "split", "run")
"""Columns that are no scores."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Cases with their truth and a score for each class."""

    classes: tuple[str, ...]
    """Names, in the order of the score columns; ("0", "1") for a single score."""
    cases: tuple[str, ...]
    truth: npt.NDArray[np.int64]
    """(cases,), index into `classes`; -1 where it is not known, in a watch of cases without truths alone."""
    scores: npt.NDArray[np.float64]
    """(cases, classes), higher for the class; a single score s stands as (-s, s)."""
    binary: bool = False
    """Whether there is one score, for truth 1 against 0."""
    patients: tuple[str, ...] | None = None
    hospitals: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    splits: tuple[str, ...] | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further columns that were asked for, each (cases,)."""

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """(cases, classes), 0 to 1, rows adding up to 1; a single score s stands as (1 - s, s).

        Raises
        ------
        CohortError
            If the scores are no probabilities.
        """
        if self.binary:
            p = self.scores[:, 1]
            if p.min() < 0 or p.max() > 1:
                raise CohortError(f"need probabilities from 0 to 1, got scores from {p.min():g} to {p.max():g}")
            return np.stack([1 - p, p], axis=1)
        total = self.scores.sum(axis=1)
        if self.scores.min() < 0 or np.abs(total - 1).max() > 1e-3:
            raise CohortError(
                f"need probabilities that add up to 1 in every case, got sums from {total.min():g} to {total.max():g} "
                f"and scores from {self.scores.min():g} on"
            )
        return np.asarray(self.scores / total[:, None])

    def called_from(self, threshold: float | None) -> float:
        """Give the single score from which on a case is called 1: the threshold, or 0.5 for scores from 0 to 1.

        Raises
        ------
        CohortError
            If no threshold is given, and scores are of another scale.
        """
        scores = self.scores[:, -1]
        if threshold is None and (scores.min() < 0 or scores.max() > 1):
            raise CohortError(
                f"scores go from {scores.min():g} to {scores.max():g}, so that 0.5 means nothing; give a --threshold"
            )
        return 0.5 if threshold is None else threshold

    def of(self, chosen: npt.NDArray[np.bool_]) -> "Predictions":
        """Keep some cases; `chosen` is (cases,)."""
        return self.in_order(np.flatnonzero(chosen).tolist())

    def in_order(self, keep: Sequence[int]) -> "Predictions":
        """Keep the cases of these places, in this order."""

        def pick(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
            return None if names is None else tuple(names[index] for index in keep)

        return replace(
            self,
            cases=tuple(self.cases[index] for index in keep),
            truth=self.truth[list(keep)],
            scores=self.scores[list(keep)],
            patients=pick(self.patients),
            hospitals=pick(self.hospitals),
            groups=pick(self.groups),
            splits=pick(self.splits),
            columns={name: tuple(column[index] for index in keep) for name, column in self.columns.items()},
        )


def read_predictions(path: Path, *, columns: Sequence[str] = (), without_truth: bool = False) -> Predictions:
    """Read scores and truths: columns case, truth, then one score column a class, or one named score.

    Further columns patient, hospital, group and split are optional; where there, they are filled in every row. All
    other columns are scores, named after their class. With a single column `score`, truth is 0 or 1.

    Parameters
    ----------
    path : a CSV file in UTF-8
    columns : further columns that are no scores and are to be kept; a field may be empty
    without_truth : whether truths may be missing, the field being empty or the whole column; such a truth is -1

    Raises
    ------
    CohortError
        If the file cannot be read, a case stands twice, a truth is no class, or a score is no finite number; or if it
        has a column run: see `read_runs`.
    """
    rows = read_rows(path, ("case",) if without_truth else ("case", "truth"))
    missing = [name for name in columns if name not in rows[0]]
    if missing:
        raise CohortError(f"{path} has no column {missing[0]}; its columns are {', '.join(rows[0])}")
    if "run" in rows[0]:
        raise CohortError(
            f"{path} has a column run, and a case stands in it once a run; take one run, or pleura evaluate runs"
        )
    if without_truth:
        for row in rows:
            row.setdefault("truth", "")
    return _predictions(list(enumerate(rows, start=2)), path, columns)


def read_runs(path: Path) -> dict[str, Predictions]:
    """Read the scores of several training runs on the same cases: columns as `read_predictions` has them, and run.

    Parameters
    ----------
    path : a CSV file in UTF-8, one row a case and run

    Returns
    -------
    The predictions of each run, all in the same order of cases.

    Raises
    ------
    CohortError
        As `read_predictions`; or if runs are of different cases, or differ in a truth or patient.
    """
    rows = list(enumerate(read_rows(path, ("case", "truth", "run")), start=2))
    runs = {}
    for name in dict.fromkeys(row["run"] for _, row in rows):
        one = _predictions([(line, row) for line, row in rows if row["run"] == name], path, ())
        order = sorted(range(len(one.cases)), key=one.cases.__getitem__)
        runs[name] = one.in_order(order)
    first = next(iter(runs.values()))
    for name, one in runs.items():
        same = one.cases == first.cases and one.patients == first.patients and (one.truth == first.truth).all()
        if not same:
            raise CohortError(f"{path}: run {name} has other cases, truths or patients than the first; need the same")
    return runs


def _predictions(numbered: Sequence[tuple[int, dict[str, str]]], path: Path, columns: Sequence[str]) -> Predictions:
    """Make predictions of rows, each with its line in the file."""
    rows = [row for _, row in numbered]
    names = [name for name in rows[0] if name not in (*KNOWN, *columns)]
    if not names:
        raise CohortError(f"{path} has no score column; need one a class, or one named score with truth 0 or 1")
    binary = names == ["score"]
    if len(names) == 1 and not binary:
        raise CohortError(f"{path} has one score column, {names[0]}; name it score, with truth 0 or 1")
    classes = ("0", "1") if binary else tuple(names)
    for name in ("patient", "hospital", "group", "split"):
        for line, row in numbered:
            if row.get(name) == "":
                raise CohortError(f"{path}, row {line}: {name} is empty; fill it in every row, or leave the column out")
    cases = read_cases(rows, path)
    truth = []
    for line, row in numbered:
        if not row["truth"]:  # where it may be: see read_rows
            truth.append(-1)
            continue
        if row["truth"] not in classes:
            known = ", ".join(classes)
            raise CohortError(f'{path}, row {line}: truth "{row["truth"]}" is no class; score columns are for {known}')
        truth.append(classes.index(row["truth"]))
    scores = np.array([[_number(row, name, path, line) for name in names] for line, row in numbered])
    return Predictions(
        classes=classes,
        cases=cases,
        truth=np.array(truth, dtype=np.int64),
        scores=np.concatenate([-scores, scores], axis=1) if binary else scores,
        binary=binary,
        patients=_column(rows, "patient"),
        hospitals=_column(rows, "hospital"),
        groups=_column(rows, "group"),
        splits=_column(rows, "split"),
        columns={name: tuple(row[name] for row in rows) for name in columns},
    )


def read_truth(path: Path) -> tuple[tuple[str, ...], npt.NDArray[np.int64], tuple[str, ...]]:
    """Read cases and their true classes; scores are not needed, and not looked at.

    Parameters
    ----------
    path : a CSV file with columns case and truth

    Returns
    -------
    Cases; truth (cases,), index of the class; class names. Where the table has a column for every class that occurs,
    as one with scores has, classes are those columns in their order; else they are the truths in alphabetical order.

    Raises
    ------
    CohortError
        If the file cannot be read, or a case stands twice.
    """
    rows = read_rows(path, ("case", "truth"))
    cases = read_cases(rows, path)
    occurring = {row["truth"] for row in rows}
    columns = [name for name in rows[0] if name not in KNOWN]
    classes = tuple(columns) if occurring <= set(columns) else tuple(sorted(occurring))
    return cases, np.array([classes.index(row["truth"]) for row in rows], dtype=np.int64), classes


def read_cases(rows: Sequence[Mapping[str, str]], path: Path) -> tuple[str, ...]:
    """Give the column case of rows that were read from `path`; `CohortError` if a case stands twice."""
    cases = tuple(row["case"] for row in rows)
    if len(set(cases)) < len(cases):
        twice = next(case for case, times in Counter(cases).items() if times > 1)
        raise CohortError(f"{path}: case {twice} stands twice; need one row a case")
    return cases


def _column(rows: Sequence[Mapping[str, str]], name: str) -> tuple[str, ...] | None:
    return tuple(row[name] for row in rows) if name in rows[0] else None


def _number(row: Mapping[str, str], name: str, path: Path, line: int) -> float:
    try:
        value = float(row[name])
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise CohortError(
            f'{path}, row {line}: {name} = "{row[name]}"; need a finite score. Columns other than '
            f"{', '.join(KNOWN)} are taken for classes: leave out what is none"
        )
    return value


def write_predictions(predictions: Predictions, path: Path) -> None:
    """Write a row a case, to six digits, as `read_predictions` reads them back.

    Raises
    ------
    OutputError
        If the file cannot be written; an old one stays as it was.
    """
    write_rows(path, _rows(predictions))


def _rows(predictions: Predictions) -> list[dict[str, str | float | None]]:
    rows: list[dict[str, str | float | None]] = []
    for index, case in enumerate(predictions.cases):
        row: dict[str, str | float | None] = {"case": case}
        for name, column in (
            ("patient", predictions.patients),
            ("hospital", predictions.hospitals),
            ("group", predictions.groups),
            ("split", predictions.splits),
        ):
            if column is not None:
                row[name] = column[index]
        row["truth"] = predictions.classes[predictions.truth[index]]
        scores = predictions.scores[index].tolist()
        named = {"score": scores[1]} if predictions.binary else dict(zip(predictions.classes, scores, strict=True))
        row |= {name: f"{p:.6f}" for name, p in named.items()}
        rows.append(row)
    return rows
