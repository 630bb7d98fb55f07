"""Scores of readers in; each reader's figure of merit and the covariance that comes of the cases out, complete data."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

__all__ = ["COVARIANCES", "MERITS", "Merits", "error_covariance", "figures_of_merit"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MERITS = ("auc", "sensitivity", "specificity")
COVARIANCES = ("delong", "jackknife")
"""How `error_covariance` estimates; the first is the default."""


@dataclass(frozen=True, eq=False)
class Merits:
    """A figure of merit of each reader under each condition, and what each case contributes to it."""

    merit: str
    value: Floats
    """(..., conditions, readers)."""
    of_positives: Floats
    """(..., conditions, readers, positives); their mean is the value. No positives for specificity."""
    of_negatives: Floats
    """(..., conditions, readers, negatives); their mean is the value. No negatives for sensitivity."""


def figures_of_merit(scores: npt.ArrayLike, positive: npt.ArrayLike, merit: str = "auc") -> Merits:
    """Estimate the AUC, the sensitivity or the specificity of every reader under every condition.

    Parameters
    ----------
    scores : (..., conditions, readers, cases), none missing; for sensitivity and specificity calls, 0 or 1. What goes
        before conditions are studies with the same cases, which are worked on together
    positive : (cases,), true for the condition looked for
    merit : one of `MERITS`; AUC is the empirical one, ties counted half

    Raises
    ------
    ValueError
        If a score is missing, a call is neither 0 nor 1, the merit is unknown, or there are fewer than two cases of
        those that the merit is about.
    """
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    if merit not in MERITS:
        raise ValueError(f'need a figure of merit {", ".join(MERITS)}, got "{merit}"')
    if values.ndim < 3 or values.shape[-1:] != truth.shape or not np.isfinite(values).all():
        raise ValueError(f"need finite scores (..., conditions, readers, {truth.size} cases), got {values.shape}")
    n, m = int(truth.sum()), int((~truth).sum())
    if (merit != "specificity" and n < 2) or (merit != "sensitivity" and m < 2):
        raise ValueError(f"need two cases or more with and without the condition for {merit}, got {n} and {m}")
    nothing = values[..., :0]
    if merit == "auc":
        above, below = _placements(values, truth)
        return Merits(merit, above.mean(axis=-1), above, below)
    if not np.isin(values, (0.0, 1.0)).all():
        raise ValueError(f"need calls of 0 and 1 for {merit}; turn scores into calls with a threshold first")
    if merit == "sensitivity":
        called = values[..., truth]
        return Merits(merit, called.mean(axis=-1), called, nothing)
    passed = 1 - values[..., ~truth]
    return Merits(merit, passed.mean(axis=-1), nothing, passed)


def error_covariance(merits: Merits, kind: str = "delong") -> Floats:
    """Covariance that figures of merit have because other cases would have given others, readers held.

    Parameters
    ----------
    merits : as estimated; what precedes conditions stays
    kind : "delong", from the contributions of the cases; or "jackknife", leaving out one case after another, in the
        closed form it has for these figures: DeLong's with n replaced by n - 1, times (N - 1) / N with N = n + m cases;
        the two agree for sensitivity and specificity

    Returns
    -------
    (..., scores, scores) with scores = conditions x readers, condition by condition.

    References
    ----------
    E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44 (1988) 837-845. B. Efron, The Jackknife, the
    Bootstrap and Other Resampling Plans, SIAM 1982.
    """
    if kind not in COVARIANCES:
        raise ValueError(f'need a covariance {" or ".join(COVARIANCES)}, got "{kind}"')
    sizes = [part.shape[-1] for part in (merits.of_positives, merits.of_negatives)]
    total = sum(sizes)
    found: Floats = np.zeros(())
    for part, size in zip((merits.of_positives, merits.of_negatives), sizes, strict=True):
        if size == 0:
            continue
        scores = part.reshape(*part.shape[:-3], -1, size)
        centred = scores - scores.mean(axis=-1, keepdims=True)
        spread = centred @ np.swapaxes(centred, -1, -2) / (size - 1)
        found = found + (spread / size if kind == "delong" else spread / (size - 1) * (total - 1) / total)
    return np.asarray(found)


def _placements(values: Floats, truth: Bools) -> tuple[Floats, Floats]:
    """Share of the negatives below each positive, and of the positives above each negative, ties half; by mid-ranks."""
    n, m = int(truth.sum()), int((~truth).sum())
    among_all = rankdata(values, axis=-1)
    above = (among_all[..., truth] - rankdata(values[..., truth], axis=-1)) / m
    below = 1 - (among_all[..., ~truth] - rankdata(values[..., ~truth], axis=-1)) / n
    return np.asarray(above), np.asarray(below)
