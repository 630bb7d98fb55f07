"""Truth, scores and a rule in; the scores between which the choice of a cut-off was a matter of chance out."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pleura.evaluation.cutoffs.choose import Rule, choose_cut_off
from pleura.evaluation.intervals.bootstrap import resample_weights

__all__ = ["RESAMPLES", "SHARE", "grey_zone"]

SHARE = 0.9
"""Of the cut-offs, those in the middle that the zone holds."""
RESAMPLES = 1000


def grey_zone(
    positive: npt.ArrayLike,
    scores: npt.ArrayLike,
    rule: Rule,
    *,
    patients: Sequence[str] | None = None,
    share: float = SHARE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[float, float]:
    """Give the zone around a cut-off in which a case would be called otherwise, had other patients chosen it.

    Patients of each side are drawn with replacement, as many as there are, and the rule chooses a cut-off on each draw.
    The zone is the middle share of these, and always holds the cut-off that the rule chooses on the cases themselves.
    With more cases it narrows; it says nothing of how often a case outside is called wrongly.

    Parameters
    ----------
    positive, scores, rule : as in `choose_cut_off`
    patients : (cases,), or None where each case is a patient of its own
    share : between 0 and 1
    resamples : 100 or more; draws with equal scores only do not count
    seed : the same seed gives the same zone

    Returns
    -------
    From and to which score, ascending; equal where every draw gave the same cut-off.

    Raises
    ------
    ValueError
        As `choose_cut_off`; or if an argument is out of range, or more than half of the draws do not count.
    """
    truth, s = np.asarray(positive, dtype=bool), np.asarray(scores, dtype=np.float64)
    if not 0 < share < 1 or resamples < 100:
        raise ValueError(f"need a share between 0 and 1 and 100 resamples or more, got {share} and {resamples}")
    chosen = choose_cut_off(truth, s, rule).threshold
    weights = resample_weights(truth, patients, resamples=resamples, seed=seed).astype(np.int64)
    found = []
    for counts in weights:
        drawn = np.repeat(np.arange(len(s)), counts)
        if np.ptp(s[drawn]) > 0:
            found.append(choose_cut_off(truth[drawn], s[drawn], rule).threshold)
    if 2 * len(found) < resamples:
        raise ValueError(f"only {len(found)} of {resamples} draws had scores that differ; need more cases for a zone")
    low, high = np.quantile(found, [(1 - share) / 2, (1 + share) / 2])
    return min(float(low), chosen), max(float(high), chosen)
