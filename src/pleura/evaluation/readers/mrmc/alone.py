"""Figures of merit of readers and of a program that reads alone, on the same cases, in; their difference out."""

import numpy as np
import numpy.typing as npt

from pleura.evaluation.readers.mrmc.obuchowski_rockette import Interval, each_condition, interval

__all__ = ["against_each", "against_mean"]

Floats = npt.NDArray[np.float64]


def against_mean(
    value: npt.ArrayLike, covariance: npt.ArrayLike, analysis: str = "random", *, confidence: float = 0.95
) -> Interval:
    """Program minus mean of readers.

    Each reader's difference from the program is a figure of merit of its own, whose error covariances follow; their
    mean is then analysed as one condition is. Random readers: the answer holds for readers like these. The program is
    fixed: it is this one.

    Parameters
    ----------
    value : (..., 1 + readers), the program first
    covariance : (..., 1 + readers, 1 + readers), as from `error_covariance`
    analysis : one of `ANALYSES`

    Returns
    -------
    Arrays (..., 1).

    References
    ----------
    The analysis of one condition: S. L. Hillis, Statistics in Medicine 26 (2007) 596-619.
    """
    difference, spread = _differences(value, covariance)
    return each_condition(difference[..., None, :], spread, analysis, confidence=confidence)


def against_each(value: npt.ArrayLike, covariance: npt.ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Program minus each reader, by the normal distribution; arrays (..., readers); parameters as in `against_mean`."""
    difference, spread = _differences(value, covariance)
    own = np.diagonal(spread, axis1=-2, axis2=-1)
    df = np.full_like(own, np.inf)
    return interval(difference, np.sqrt(np.where(own > 1e-15, own, 0.0)), df, confidence)


def _differences(value: npt.ArrayLike, covariance: npt.ArrayLike) -> tuple[Floats, Floats]:
    theta, sigma = np.asarray(value, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    if theta.shape[-1] < 2 or sigma.shape[-2:] != (theta.shape[-1],) * 2:
        raise ValueError(f"need the program and a reader or more, and a covariance to fit, got {theta.shape}")
    spread = sigma[..., :1, :1] - sigma[..., :1, 1:] - sigma[..., 1:, :1] + sigma[..., 1:, 1:]
    return theta[..., :1] - theta[..., 1:], spread
