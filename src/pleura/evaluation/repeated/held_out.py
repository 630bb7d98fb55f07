"""True classes and patients in; the fold of each patient or case out, with no patient in two folds."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["deal", "patient_folds"]


def deal(strata: Sequence[tuple[int, str]], *, folds: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Deal patients to folds like cards: stratum by stratum, in random order within each.

    Over folds, the numbers of patients of a stratum differ by one at most; and since strata of one class follow one
    another, so do the numbers of a class.

    Parameters
    ----------
    strata : one patient each: number of the class, and what else is to be spread, such as the hospital
    folds : 1 or more
    seed : the same seed gives the same folds

    Returns
    -------
    (patients,), 0 to folds - 1

    Examples
    --------
    >>> deal([(0, "east"), (0, "east"), (1, "east"), (1, "west")], folds=2).reshape(2, 2).sum(axis=1).tolist()
    [1, 1]
    """
    generator = np.random.default_rng(seed)
    kinds = sorted(set(strata))
    numbers = np.array([kinds.index(one) for one in strata], dtype=np.int64)
    fold = np.empty(len(strata), dtype=np.int64)
    dealt = 0
    for kind in range(len(kinds)):
        members = generator.permutation(np.flatnonzero(numbers == kind))
        fold[members] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return fold


def patient_folds(
    truth: npt.ArrayLike, patients: Sequence[str] | None = None, *, folds: int = 5, seed: int = 0
) -> npt.NDArray[np.int64]:
    """Deal patients to folds in random order, class by class, so that each fold has about the same share of each.

    Parameters
    ----------
    truth : (cases,), index of the class; a patient belongs to the highest class among their cases
    patients : (cases,), or None where each case is a patient of its own
    folds : 2 or more
    seed : the same seed gives the same folds

    Returns
    -------
    (cases,), 0 to folds - 1

    Raises
    ------
    ValueError
        If lengths differ, or a class that occurs has fewer patients than there are folds.

    Examples
    --------
    >>> fold = patient_folds([0, 0, 0, 1, 1, 1], folds=3)
    >>> sorted(fold[:3].tolist()), sorted(fold[3:].tolist())
    ([0, 1, 2], [0, 1, 2])
    """
    true = np.asarray(truth, dtype=np.int64)
    if folds < 2 or true.ndim != 1 or (patients is not None and len(patients) != len(true)):
        raise ValueError(f"need 2 folds or more and a patient a case, got {folds} folds and truths {true.shape}")
    number = {name: index for index, name in enumerate(dict.fromkeys(patients or ()))}
    names = np.arange(len(true)) if patients is None else np.array([number[name] for name in patients], dtype=np.int64)
    highest = np.full(int(names.max()) + 1, -1)
    np.maximum.at(highest, names, true)
    for one, members in zip(*np.unique(highest, return_counts=True), strict=True):
        if members < folds:
            raise ValueError(f"{folds} folds need {folds} patients of every class, got {members} of class {one}")
    return np.asarray(deal([(one, "") for one in highest.tolist()], folds=folds, seed=seed)[names])
