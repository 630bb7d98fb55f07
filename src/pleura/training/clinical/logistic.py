"""Scores and truths in; the coefficients of a logistic regression on softened truths, none below 0, out.

A truth of 1 is taken for (n + 1) / (n + 2), one of 0 for 1 / (m + 2), n and m being the numbers of cases: with scores
that separate the classes without an error the fit still has an end, and no probability becomes 0 or 1.

A higher score must not lower the probability. Where the likelihood would have it so, which happens by chance with few
cases and scores that know little, the score is left out; with none left the probability is the share of the disease.
"""

from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.special import expit

__all__ = ["fit_logistic"]

Floats = npt.NDArray[np.float64]
MOST = 4
"""Scores; all ways to leave some out are tried."""


def fit_logistic(scores: npt.ArrayLike, positive: npt.ArrayLike) -> Floats:
    """Fit probabilities to scores by maximum likelihood, with factors of 0 or more.

    Parameters
    ----------
    scores : (cases, scores) or (cases,), finite, of cases that whatever gave the scores was not fitted on; at most four
    positive : (cases,), true for the disease

    Returns
    -------
    (1 + scores,): the base, then a factor a score; probability = 1 / (1 + exp(-(base + scores . factors))).

    Raises
    ------
    ValueError
        If shapes do not fit, scores are not finite, or a class has no case.

    References
    ----------
    J. C. Platt, Probabilistic outputs for support vector machines and comparisons to regularized likelihood methods, in
    Advances in Large Margin Classifiers, MIT Press 1999. H.-T. Lin, C.-J. Lin, R. C. Weng, A note on Platt's
    probabilistic outputs for support vector machines, Machine Learning 68 (2007) 267-276.

    Examples
    --------
    >>> base, factor = fit_logistic([-1.0, -1.0, 1.0, 1.0], [False, False, True, True])
    >>> round(float(1 / (1 + np.exp(-(base + factor)))), 6)
    0.75
    >>> float(fit_logistic([1.0, 1.0, -1.0, -1.0], [False, False, True, True])[1])
    0.0
    """
    truth = np.asarray(positive, dtype=bool)
    x = np.asarray(scores, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    n, m = int(truth.sum()), int((~truth).sum())
    shaped = x.ndim == 2 and truth.shape == x.shape[:1] and x.shape[1] <= MOST
    if not shaped or not np.isfinite(x).all() or 0 in (n, m):
        raise ValueError(f"need finite scores (cases, scores) and cases of both classes, got {x.shape} and {n}, {m}")
    wanted = np.where(truth, (n + 1) / (n + 2), 1 / (m + 2))
    middle, spread = x.mean(axis=0), x.std(axis=0)
    varies = spread > 1e-12
    z = np.concatenate([np.ones((len(x), 1)), (x - middle) / np.where(varies, spread, 1.0)], axis=1)
    best, least = np.zeros(z.shape[1]), np.inf
    for kept in product(*([True, False] if one else [False] for one in varies.tolist())):
        columns = np.array([True, *kept])
        found = _newton(z[:, columns], wanted)
        lost = _loss(z[:, columns] @ found, wanted)
        if (found[1:] >= 0).all() and lost < least:
            best, least = np.zeros(z.shape[1]), lost
            best[columns] = found
    factors = best[1:] / np.where(varies, spread, 1.0)
    return np.concatenate([[best[0] - factors @ middle], factors])


def _newton(z: Floats, wanted: Floats) -> Floats:
    at = np.zeros(z.shape[1])
    share_of_disease = wanted.mean()
    at[0] = np.log(share_of_disease / (1 - share_of_disease))
    for _ in range(200):
        p = expit(z @ at)
        curvature = (z * (p * (1 - p))[:, None]).T @ z + 1e-12 * np.eye(len(at))
        step = np.linalg.solve(curvature, z.T @ (p - wanted))
        before, share = _loss(z @ at, wanted), 1.0
        while _loss(z @ (at - share * step), wanted) > before and share > 1e-10:
            share /= 2
        if share <= 1e-10:
            break
        at = at - share * step
        if np.abs(share * step).max() < 1e-12:
            break
    return at


def _loss(eta: Floats, wanted: Floats) -> float:
    return float((np.logaddexp(0.0, eta) - wanted * eta).sum())
