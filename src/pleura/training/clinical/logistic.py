"""Scores and truths in; the coefficients of a logistic regression on softened truths out.

A truth of 1 is taken for (n + 1) / (n + 2), one of 0 for 1 / (m + 2), n and m being the numbers of cases: with scores
that separate the classes without an error the fit still has an end, and no probability becomes 0 or 1.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import expit

__all__ = ["fit_logistic"]

Floats = npt.NDArray[np.float64]


def fit_logistic(scores: npt.ArrayLike, positive: npt.ArrayLike) -> Floats:
    """Fit probabilities to scores by maximum likelihood, with Newton's method.

    Parameters
    ----------
    scores : (cases, scores) or (cases,), finite, of cases that whatever gave the scores was not fitted on
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
    """
    truth = np.asarray(positive, dtype=bool)
    x = np.asarray(scores, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    n, m = int(truth.sum()), int((~truth).sum())
    if x.ndim != 2 or truth.shape != x.shape[:1] or not np.isfinite(x).all() or 0 in (n, m):
        raise ValueError(f"need finite scores (cases, scores) and cases of both classes, got {x.shape} and {n}, {m}")
    wanted = np.where(truth, (n + 1) / (n + 2), 1 / (m + 2))
    middle, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 1e-12, spread, 1.0)
    z = np.concatenate([np.ones((len(x), 1)), (x - middle) / spread], axis=1)

    def loss(at: Floats) -> float:
        eta = z @ at
        return float((np.logaddexp(0.0, eta) - wanted * eta).sum())

    at = np.zeros(z.shape[1])
    at[0] = np.log((n + 1) / (m + 1))
    for _ in range(200):
        p = expit(z @ at)
        gradient = z.T @ (p - wanted)
        curvature = (z * (p * (1 - p))[:, None]).T @ z + 1e-12 * np.eye(len(at))
        step = np.linalg.solve(curvature, gradient)
        before, share = loss(at), 1.0
        while loss(at - share * step) > before and share > 1e-10:
            share /= 2
        if share <= 1e-10:
            break
        at = at - share * step
        if np.abs(share * step).max() < 1e-12:
            break
    factors = at[1:] / spread
    return np.concatenate([[at[0] - factors @ middle], factors])
