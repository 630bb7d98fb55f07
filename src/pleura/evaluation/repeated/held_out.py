"""True classes and patients in; the fold of each case out, with no patient in two folds."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["patient_folds"]


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
    generator = np.random.default_rng(seed)
    fold = np.empty(len(highest), dtype=np.int64)
    dealt = 0
    for one in np.unique(highest):
        members = generator.permutation(np.flatnonzero(highest == one))
        if len(members) < folds:
            raise ValueError(f"{folds} folds need {folds} patients of every class, got {len(members)} of class {one}")
        fold[members] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return fold[names]
