"""A model of reader studies in; SIMULATED scores, and the true means and variances that analyses ought to find, out."""

from dataclasses import dataclass
from functools import cache
from itertools import product
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.stats import multivariate_normal, norm

__all__ = ["ROE_METZ", "RoeMetz", "simulate_scores", "true_auc", "true_covariance"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RoeMetz:
    """Roe and Metz's model of scores, a sum of independent normal terms.

    A score has a mean and a term for the reader, the case, the condition with each of the two, the reader with the
    case, and the rest. Terms of readers are drawn anew for cases with and without the disease.
    """

    means: tuple[float, ...]
    """Of cases with the disease, one a condition; cases without have mean 0."""
    reader: float
    """Variance of readers; and the same again of readers by conditions."""
    case: float
    """Variance of cases."""
    case_condition: float
    """Variance of cases by conditions."""
    reader_case: float
    """Variance of readers by cases."""
    rest: float
    """Variance of what is left: readers by cases by conditions, and chance."""

    def __post_init__(self) -> None:
        if not self.means or min(self.reader, self.case, self.case_condition, self.reader_case, self.rest) < 0:
            raise ValueError("need a mean a condition, and variances of 0 or more")
        if self.total <= 0:
            raise ValueError("need some variance, got none")

    @property
    def total(self) -> float:
        """Variance of the difference between a score with and a score without the disease."""
        return 2 * (2 * self.reader + self.case + self.case_condition + self.reader_case + self.rest)


def _sets() -> dict[str, RoeMetz]:
    readers = {("L", 0.75): 0.0055, ("L", 1.5): 0.0055, ("L", 2.5): 0.0055}
    readers |= {("H", 0.75): 0.011, ("H", 1.5): 0.03, ("H", 2.5): 0.056}
    cases = {"H": (0.3, 0.3, 0.2, 0.2), "L": (0.1, 0.1, 0.2, 0.6)}
    return {
        f"{data}{spread} {mean:g}": RoeMetz(
            means=(mean, mean),
            reader=readers[spread, mean],
            case=cases[data][0],
            case_condition=cases[data][1],
            reader_case=cases[data][2],
            rest=cases[data][3],
        )
        for data in "HL"
        for spread in "LH"
        for mean in (0.75, 1.5, 2.5)
    }


ROE_METZ = _sets()
"""Roe and Metz's twelve sets, named by the correlation of data (H or L), the variance of readers (H or L), and mean.

Both conditions have the same mean, so that a test ought to reject as often as its level says. C. A. Roe, C. E. Metz,
Dorfman-Berbaum-Metz method for statistical analysis of multireader, multimodality receiver operating characteristic
data: validation with computer simulation, Academic Radiology 4 (1997) 298-303; numbers as in the files of the program
iRoeMetz that reproduce that study (https://github.com/DIDSR/iMRMC, RMconfigurations)."""


def simulate_scores(
    model: RoeMetz, *, readers: int, positives: int, negatives: int, studies: int = 1, seed: int
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Draw studies in which every reader reads every case under every condition.

    Parameters
    ----------
    model : what they are drawn from
    readers, positives, negatives, studies : how many
    seed : the same seed gives the same scores

    Returns
    -------
    Scores (studies, conditions, readers, cases), and whether each case has the disease (cases,): first those that do.
    """
    if min(readers, positives, negatives, studies) < 1:
        raise ValueError(f"need one or more of each, got {readers, positives, negatives, studies}")
    generator = np.random.default_rng(seed)
    conditions = len(model.means)

    def drawn(variance: float, *shape: int) -> Floats:
        return sqrt(variance) * generator.standard_normal((studies, *shape))

    parts = []
    for mean, cases in ((model.means, positives), ((0.0,) * conditions, negatives)):
        parts.append(
            np.array(mean)[:, None, None]
            + drawn(model.reader, 1, readers, 1)
            + drawn(model.reader, conditions, readers, 1)
            + drawn(model.case, 1, 1, cases)
            + drawn(model.case_condition, conditions, 1, cases)
            + drawn(model.reader_case, 1, readers, cases)
            + drawn(model.rest, conditions, readers, cases)
        )
    return np.concatenate(parts, axis=-1), np.arange(positives + negatives) < positives


def true_auc(model: RoeMetz) -> Floats:
    """AUC that readers have on average, one a condition."""
    return np.asarray(norm.cdf(np.array(model.means) / sqrt(model.total)))


def true_covariance(model: RoeMetz, *, readers: int, positives: int, negatives: int, groups: int = 1) -> Floats:
    """Covariance over readers and cases of the conditions' mean AUCs, (conditions, conditions), without simulation.

    Parameters
    ----------
    model : the model
    readers, positives, negatives : how many in all, each a multiple of `groups`
    groups : of readers, each of which reads cases of its own, under all conditions; 1 where all read all

    References
    ----------
    B. D. Gallas, S. L. Hillis, Generalized Roe and Metz receiver operating characteristic model: analytic link between
    simulated decision scores and empirical AUC variances and covariances, Journal of Medical Imaging 1 (2014) 031006.
    """
    if readers % groups or positives % groups or negatives % groups:
        raise ValueError(f"need readers and cases in {groups} equal groups, got {readers}, {positives}, {negatives}")
    shares = _shares(readers, readers // groups, positives // groups, negatives // groups)
    heights = np.array(model.means) / sqrt(model.total)
    conditions = range(len(heights))
    return np.array(
        [
            [
                sum(share * _both_won(model, heights[a], heights[b], *same, a == b) for same, share in shares.items())
                - norm.cdf(heights[a]) * norm.cdf(heights[b])
                for b in conditions
            ]
            for a in conditions
        ]
    )


def _shares(readers: int, together: int, positives: int, negatives: int) -> dict[tuple[bool, bool, bool], float]:
    """Share of pairs of comparisons with the same reader, positive, and negative or not."""
    every = (readers * positives * negatives) ** 2
    found = {}
    for reader, positive, negative in product((True, False), repeat=3):
        number = readers * (1 if reader else together - 1)
        number *= positives * (1 if positive else positives - 1)
        number *= negatives * (1 if negative else negatives - 1)
        if not (reader or positive or negative):  # readers of other groups share no case
            number += readers * (readers - together) * (positives * negatives) ** 2
        found[reader, positive, negative] = number / every
    return found


def _both_won(
    model: RoeMetz, one: float, other: float, reader: bool, positive: bool, negative: bool, condition: bool
) -> float:
    """Probability that two comparisons are both won, by what they share."""
    shared = 2 * model.reader * (reader + (reader and condition))
    for case in (positive, negative):
        shared += case * (model.case + condition * model.case_condition)
        shared += (case and reader) * (model.reader_case + condition * model.rest)
    return _quadrant(one, other, min(1.0, shared / model.total))


@cache
def _quadrant(one: float, other: float, correlation: float) -> float:
    if correlation > 1 - 1e-12:
        return float(norm.cdf(min(one, other)))
    return float(multivariate_normal.cdf([one, other], [0, 0], [[1, correlation], [correlation, 1]]))
