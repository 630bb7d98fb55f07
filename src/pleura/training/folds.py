"""Patients with their classes and hospitals in, the fold of each out; and the cohort that a fold's model trains on."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from pleura.data.cohort import Cohort
from pleura.data.task import Task
from pleura.errors import CohortError
from pleura.evaluation.repeated.held_out import deal

__all__ = ["assign_folds", "fold_cohort"]


def assign_folds(cohort: Cohort, task: Task, *, folds: int, seed: int) -> dict[str, int]:
    """Divide a cohort's training and validation patients into folds; its test patients are in none.

    Parameters
    ----------
    cohort : with cases of the task only
    task : gives a case its class; a patient with several cases counts by the highest, in the hospital of the first
    folds : 2 or more
    seed : draws who goes where

    Returns
    -------
    Case -> number of the fold, from 0, in the table's order. All cases of a patient are in one fold.

    Raises
    ------
    CohortError
        If a class has fewer patients than there are folds, or a test patient has a case in another split.
    """
    cases = tuple(case for case in cohort.cases if case.split != "test")
    strata: dict[str, tuple[int, str]] = {}
    for case, number in zip(cases, task.labels(cases), strict=True):
        known, hospital = strata.get(case.patient, (number, case.hospital))
        strata[case.patient] = (max(known, number), hospital)
    tested = sorted({case.patient for case in cohort.split("test")} & set(strata))
    if tested:
        raise CohortError(f"patient {tested[0]} is in split test and in another; put all of a patient's cases in one")
    counted = Counter(number for number, _ in strata.values())
    for number, name in enumerate(task.classes):
        if counted[number] < folds:
            raise CohortError(
                f"class {name} has {counted[number]} patients outside the test split; {folds} folds need at least "
                f"{folds} of each class: give fewer folds or more patients"
            )
    fold_of = dict(zip(strata, deal(list(strata.values()), folds=folds, seed=seed).tolist(), strict=True))
    return {case.case: fold_of[case.patient] for case in cases}


def fold_cohort(cohort: Cohort, fold_of: Mapping[str, int], *, held: int, validation: int) -> Cohort:
    """Give the cohort that one fold's model trains on.

    Parameters
    ----------
    cohort, fold_of : as in and from `assign_folds`
    held : number of the fold that the model is not trained on
    validation : number of the fold to score after each epoch, which is not trained on either; it may be `held`

    Returns
    -------
    The cohort's training and validation cases; the held-out fold is in split test unless it is the one to score.
    """
    splits = {validation: "validation"} if held == validation else {validation: "validation", held: "test"}
    return replace(
        cohort,
        cases=tuple(
            replace(case, split=splits.get(fold_of[case.case], "train"))
            for case in cohort.cases
            if case.case in fold_of
        ),
    )
