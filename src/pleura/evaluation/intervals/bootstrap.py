"""Cases with their patients in; how often each case counts in each bootstrap resample out."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["count_patients", "repeats", "resample_weights"]


def repeats(patients: Sequence[str] | None) -> bool:
    """Say whether a patient has more than one case."""
    return patients is not None and len(set(patients)) < len(patients)


def count_patients(chosen: npt.NDArray[np.bool_], patients: Sequence[str] | None) -> int:
    """Count the patients of some cases, (cases,); without names each case is a patient of its own."""
    if patients is None:
        return int(chosen.sum())
    return len({patients[index] for index in np.flatnonzero(chosen).tolist()})


def resample_weights(
    truth: npt.ArrayLike,
    patients: Sequence[str] | None = None,
    *,
    strata: npt.ArrayLike | None = None,
    resamples: int = 2000,
    seed: int = 0,
) -> npt.NDArray[np.float64]:
    """Draw patients with replacement, all cases of a patient together, as many of each true class as there are.

    Parameters
    ----------
    truth : (cases,), index of each case's class; a patient belongs to the class of most of their cases, the lowest
        index where two are equal
    patients : (cases,), or None where each case is a patient of its own
    strata : (cases,), further whole numbers within which to draw, for instance the fold; by a patient's first case
    resamples : how many
    seed : the same seed gives the same resamples

    Returns
    -------
    (resamples, cases), whole numbers. Stratified by class because a sensitivity needs cases of its class in every
    resample; intervals hold the class sizes as they were.

    Raises
    ------
    ValueError
        If lengths differ, there is no case, or fewer than one resample is asked for.

    References
    ----------
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall 1993.
    """
    true = np.asarray(truth, dtype=np.int64)
    if true.ndim != 1 or len(true) == 0 or resamples < 1:
        raise ValueError(f"need cases and 1 resample or more, got truths {true.shape} and {resamples} resamples")
    number = {name: index for index, name in enumerate(dict.fromkeys(patients or ()))}  # names themselves play no part
    names = np.arange(len(true)) if patients is None else np.array([number[name] for name in patients], dtype=np.int64)
    extra = np.zeros(len(true), dtype=np.int64) if strata is None else np.asarray(strata, dtype=np.int64)
    if len(names) != len(true) or extra.shape != true.shape:
        raise ValueError(f"need one patient and one stratum a case, got {len(names)}, {extra.shape} for {len(true)}")
    _, classes = np.unique(true, return_inverse=True)
    counts = np.zeros((int(names.max()) + 1, int(classes.max()) + 1), dtype=np.int64)
    np.add.at(counts, (names, classes), 1)
    first = np.unique(names, return_index=True)[1]
    stratum = np.stack([extra[first], counts.argmax(axis=1)])
    stratum_of = np.unique(stratum, axis=1, return_inverse=True)[1].reshape(-1)
    generator = np.random.default_rng(seed)
    drawn = np.empty((resamples, len(counts)))
    for one in range(int(stratum_of.max()) + 1):
        members = np.flatnonzero(stratum_of == one)
        share = np.full(len(members), 1 / len(members))
        drawn[:, members] = generator.multinomial(len(members), share, size=resamples)
    return drawn[:, names]
