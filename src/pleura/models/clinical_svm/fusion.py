"""The CT's probability and the clinical one in; one probability of both, by a stated rule, out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

__all__ = ["FLOOR", "RULES", "Fusion", "logit"]

Floats = npt.NDArray[np.float64]

FLOOR = 1e-4
"""Probabilities are taken as at least this, at most 1 less this: no answer is so sure that the other has no weight."""
RULES = ("average", "stacking")


def logit(p: npt.ArrayLike) -> Floats:
    """Give the logarithm of the odds of probabilities, which are kept off 0 and 1 by `FLOOR`."""
    kept = np.clip(np.asarray(p, dtype=np.float64), FLOOR, 1 - FLOOR)
    return np.asarray(np.log(kept / (1 - kept)))


@dataclass(frozen=True, kw_only=True)
class Fusion:
    """Both rules with their numbers, all learnt on cases that neither model behind the two probabilities was fitted on.

    "average": the mean of the log odds, after the CT's have been calibrated as the clinical ones are. On that scale
    independent evidence adds, and an answer of one half says nothing; a mean, not a sum, since the two share evidence.
    "stacking": log odds = base + ct x CT's log odds + clinical x clinical log odds, by logistic regression.
    """

    ct_slope: float
    ct_shift: float
    """Calibrated log odds of the CT = ct_slope x log odds + ct_shift."""
    base: float
    ct: float
    clinical: float

    def combine(self, rule: str, ct: npt.ArrayLike, clinical: npt.ArrayLike) -> Floats:
        """Give the probability of the disease given both.

        Parameters
        ----------
        rule : one of `RULES`
        ct, clinical : (cases,), probabilities of the disease

        Raises
        ------
        ValueError
            If the rule is none.
        """
        of_ct, of_clinical = logit(ct), logit(clinical)
        if rule == "average":
            return np.asarray(expit((self.ct_slope * of_ct + self.ct_shift + of_clinical) / 2))
        if rule == "stacking":
            return np.asarray(expit(self.base + self.ct * of_ct + self.clinical * of_clinical))
        raise ValueError(f'need a rule among {", ".join(RULES)}, got "{rule}"')
