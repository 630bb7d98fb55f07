"""A clinical table, truths and CT scores in; the cases of two diseases, matched by name, out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.data.clinical_table.table import ClinicalTable
from pleura.errors import CohortError
from pleura.evaluation.predictions import read_cases, read_predictions
from pleura.evaluation.rows import read_rows

__all__ = ["ClinicalCases", "gather", "read_ct_scores", "read_labels"]

FEWEST = 10
"""Patients of each disease, and values of a feature, below which nothing is learnt or judged."""


@dataclass(frozen=True, eq=False)
class ClinicalCases:
    """Cases of the two diseases that are told apart."""

    table: ClinicalTable
    positive: npt.NDArray[np.bool_]
    """(cases,), true for the disease whose probability is given."""
    ct: npt.NDArray[np.float64] | None
    """(cases,), probability of the disease by the CT; NaN for a case without; None where there are no CT scores."""
    notes: tuple[str, ...] = ()
    """Sentences on who was left out."""

    @property
    def with_ct(self) -> npt.NDArray[np.bool_]:
        """(cases,), whether a case has a CT score."""
        return np.zeros(len(self.positive), dtype=bool) if self.ct is None else ~np.isnan(self.ct)

    @property
    def patients(self) -> tuple[str, ...]:
        """(cases,), names; the case's own where the table does not name patients."""
        return self.table.cases if self.table.patients is None else self.table.patients


def gather(
    table: ClinicalTable,
    labels: Mapping[str, str],
    *,
    positive: str,
    negative: str,
    ct: Mapping[str, float] | None = None,
) -> ClinicalCases:
    """Put table, truths and CT scores together.

    Left out, and named in the notes: cases of other labels, and features that fewer than ten of the cases have, of
    which nothing could be learnt.

    Parameters
    ----------
    table : clinical values
    labels : case -> disease
    positive, negative : the two diseases
    ct : case -> probability of the positive disease by a model that was not trained on the case

    Raises
    ------
    CohortError
        If fewer than ten patients of a disease are left, in all or with a CT score.
    RecipeError
        If no feature is left.
    """
    known = np.array([labels.get(case) in (positive, negative) for case in table.cases])
    kept = table.of(known)
    is_positive = np.array([labels[case] == positive for case in kept.cases], dtype=bool)
    notes = []
    if not known.all():
        notes.append(f"{int((~known).sum())} rows of the clinical table are of neither {positive} nor {negative}.")
    absent = [case for case, label in labels.items() if label in (positive, negative) and case not in set(table.cases)]
    if absent:
        notes.append(f"{len(absent)} cases of the two diseases have no row in the clinical table, such as {absent[0]}.")
    few = np.flatnonzero((~np.isnan(kept.values)).sum(axis=0) < FEWEST).tolist()
    if few and len(kept.cases):
        names = [kept.schema.names[place] for place in few]
        notes.append(f"Fewer than {FEWEST} of the cases have {', '.join(names)}: left out.")
        kept = kept.only([name for name in kept.schema.names if name not in names])
    scores = None
    if ct is not None:
        scores = np.array([ct.get(case, np.nan) for case in kept.cases])
        without = int(np.isnan(scores).sum())
        if without:
            notes.append(f"{without} cases have clinical data and no CT score; nothing is judged on them.")
    cases = ClinicalCases(kept, is_positive, scores, tuple(notes))
    _check(cases, positive, negative)
    return cases


def read_labels(path: Path) -> dict[str, str]:
    """Read case -> disease from a CSV file with a column case and a column truth or label, such as `cases.csv`.

    Raises
    ------
    CohortError
        If it cannot be read, has neither column, or names a case twice.
    """
    rows = read_rows(path, ("case",))
    column = next((name for name in ("truth", "label") if name in rows[0]), None)
    if column is None:
        raise CohortError(f"{path} has no column truth or label; its columns are {', '.join(rows[0])}")
    return dict(zip(read_cases(rows, path), (row[column] for row in rows), strict=True))


def read_ct_scores(path: Path, labels: Mapping[str, str], *, positive: str, negative: str) -> dict[str, float]:
    """Read the CT's probability of the positive disease, given that it is one of the two.

    Parameters
    ----------
    path : predictions with a column a class, both diseases among them, or one column `score`
    labels : case -> disease; a truth in the file must agree with it
    positive, negative : the two diseases

    Returns
    -------
    Case -> p(positive) / (p(positive) + p(negative)), for the cases of the two diseases.

    Raises
    ------
    CohortError
        If the file cannot be read, lacks a disease, contradicts a label, or has a case without either probability.
    """
    found = read_predictions(path)
    if found.binary:
        columns = (0, 1)
    elif {positive, negative} <= set(found.classes):
        columns = (found.classes.index(negative), found.classes.index(positive))
    else:
        raise CohortError(
            f"{path} has scores for {', '.join(found.classes)}; need {negative} and {positive}, or one column score"
        )
    both = found.probabilities[:, columns]
    names = (negative, positive) if found.binary else found.classes
    scores = {}
    for case, truth, (p_negative, p_positive) in zip(found.cases, found.truth.tolist(), both.tolist(), strict=True):
        if case in labels and labels[case] != names[truth]:
            raise CohortError(f"{path}: case {case} is {names[truth]} here and {labels[case]} by the truth; mend one")
        if names[truth] not in (positive, negative):
            continue
        if p_negative + p_positive <= 0:
            raise CohortError(f"{path}: case {case} has a probability of 0 for both {negative} and {positive}")
        scores[case] = p_positive / (p_negative + p_positive)
    return scores


def _check(cases: ClinicalCases, positive: str, negative: str) -> None:
    groups = [("", np.ones(len(cases.positive), dtype=bool))]
    if cases.ct is not None:
        groups.append((" with a CT score", cases.with_ct))
    for what, chosen in groups:
        for name, side in ((positive, cases.positive), (negative, ~cases.positive)):
            people = {cases.patients[place] for place in np.flatnonzero(chosen & side).tolist()}
            if len(people) < FEWEST:
                raise CohortError(
                    f"{len(people)} patients of {name}{what}; need {FEWEST} or more: check that case names, labels "
                    "and files belong together"
                )
