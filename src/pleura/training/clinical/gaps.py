"""Cases and their folds in; how well the mere pattern of missing values tells the diseases apart out.

Where the sources of the cases report different things, a gap says which source a patient is from, and so the disease.
No filling of gaps cures that, inside the fold or not; what can be done is to measure it and say so beside the result.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.intervals.bootstrap import repeats, resample_weights
from pleura.evaluation.intervals.delong import auc_interval
from pleura.evaluation.intervals.estimate import Estimate, percentile
from pleura.evaluation.roc import auc, weighted_auc
from pleura.training.clinical.cases import ClinicalCases

__all__ = ["SUSPICIOUS", "GapCheck", "check_gaps", "gap_scores"]

SUSPICIOUS = 0.6
"""Lower end of the interval from which on a result is warned of."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GapCheck:
    """What the gaps tell."""

    shares: dict[str, tuple[float, float]]
    """Feature -> share of the cases without it, with the disease and with the other one."""
    auc: Estimate | None
    """Of the pattern of gaps alone, on cases whose gaps were not learnt from; None where nothing is missing."""

    @property
    def suspicious(self) -> bool:
        """Whether the gaps alone surely tell the diseases apart, so that a result may be about sources."""
        return self.auc is not None and (self.auc.low if self.auc.low is not None else self.auc.value) > SUSPICIOUS


def check_gaps(cases: ClinicalCases, fold: npt.NDArray[np.int64], *, resamples: int, seed: int) -> GapCheck:
    """Judge the pattern of gaps as if it were a diagnosis.

    Parameters
    ----------
    cases : of the two diseases
    fold : (cases,), with no patient in two folds
    resamples, seed : of the bootstrap, where a patient has several cases
    """
    gaps = np.isnan(cases.table.values)
    positive, patients = cases.positive, cases.patients
    shares = {
        name: (float(gaps[positive, place].mean()), float(gaps[~positive, place].mean()))
        for place, name in enumerate(cases.table.schema.names)
    }
    if not gaps.any():
        return GapCheck(shares, None)
    scores = gap_scores(gaps, positive, fold)
    if not repeats(patients):
        return GapCheck(shares, auc_interval(positive, scores))
    weights = resample_weights(positive.astype(np.int64), patients, resamples=resamples, seed=seed)
    people = min(len({patients[place] for place in np.flatnonzero(side).tolist()}) for side in (positive, ~positive))
    return GapCheck(shares, percentile(auc(positive, scores), weighted_auc(positive, scores, weights), patients=people))


def gap_scores(gaps: npt.NDArray[np.bool_], positive: npt.NDArray[np.bool_], fold: npt.NDArray[np.int64]) -> Floats:
    """Score each case by the gaps of the other folds' cases.

    The score is the sum over features of the log likelihood ratio of a gap, or of none, each share counted with one
    case more on either side (Laplace); features are taken as independent.

    Parameters
    ----------
    gaps : (cases, features), whether a value is missing
    positive, fold : (cases,)

    Returns
    -------
    (cases,), higher for the disease.
    """
    scores = np.empty(len(gaps))
    for one in np.unique(fold):
        held = fold == one
        logs = []
        for side in (positive & ~held, ~positive & ~held):
            missing = (gaps[side].sum(axis=0) + 1) / (side.sum() + 2)
            logs.append(np.where(gaps[held], np.log(missing), np.log(1 - missing)).sum(axis=1))
        scores[held] = logs[0] - logs[1]
    return scores
