"""Hits and misses in the order in which they came, and the share that was promised, in; evidence of a fall out."""

import numpy as np
import numpy.typing as npt

__all__ = ["evidence_of_fall"]

SHARES = 200
"""To which the share may have fallen; evenly spread from 0 to what was promised."""
LARGEST = 1e100
"""Evidence beyond which no more is counted."""


def evidence_of_fall(hits: npt.ArrayLike, promised: float) -> npt.NDArray[np.float64]:
    """Evidence, after each case, that the share of hits has fallen below what was promised.

    A false alarm is to be rare however often one looks. If all cases are independent hits with a probability of
    `promised` or more, the chance that the evidence *ever* reaches 1 / alpha is alpha at most. So it may be looked at
    after every case, for years, without a correction; and nothing is lost by going on.

    Parameters
    ----------
    hits : (cases,), true or 1 for a hit, in the order in which they came
    promised : between 0 and 1

    Returns
    -------
    (cases,), above 0. 1 says nothing; 20 is an alarm at alpha = 0.05.

    Raises
    ------
    ValueError
        If `hits` are no row of flags, or `promised` is not between 0 and 1.

    Notes
    -----
    For a fall to a share q from the k-th case on, the likelihood ratio of q against `promised` has an expectation of 1
    at most, whatever share of at least `promised` is true. So have its mean over shares below `promised`, and the mean
    over k with the weights 1 / (k (k + 1)), which add up to 1. Such a mean is a nonnegative supermartingale that begins
    at 1, and Ville's inequality holds. Starts that are still to come count with the 1 they begin with.

    References
    ----------
    J. Ville, Étude critique de la notion de collectif, Gauthier-Villars 1939.
    H. Robbins, Statistical methods related to the law of the iterated logarithm, Annals of Mathematical Statistics 41
    (1970) 1397-1409.

    Examples
    --------
    >>> evidence_of_fall([1, 1, 0, 0, 0], 0.9).round(2).tolist()
    [0.75, 0.58, 1.58, 7.53, 47.05]
    """
    row = np.asarray(hits, dtype=np.float64)
    if row.ndim != 1 or not np.isin(row, (0.0, 1.0)).all():
        raise ValueError(f"need a row of hits, each 0 or 1, got an array of shape {row.shape}")
    if not 0 < promised < 1:
        raise ValueError(f"need a promised share between 0 and 1, got {promised}")
    shares = promised * (np.arange(SHARES) + 0.5) / SHARES
    ratios = (1 - shares) / (1 - promised), shares / promised  # of a miss, of a hit
    begun = np.zeros(SHARES)  # by share: likelihood ratios of all starts so far, weighted
    evidence = np.empty(len(row))
    for index, hit in enumerate(row.astype(np.int64).tolist()):
        start = index + 1
        begun = np.minimum((begun + 1 / (start * (start + 1))) * ratios[hit], LARGEST)
        evidence[index] = begun.mean() + 1 / (start + 1)  # the second: the weights of all later starts
    return evidence
