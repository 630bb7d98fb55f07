"""An update in, the same cut to public limits and how much was cut out; and the rule by which the limits follow.

A limit is a power of two, one a tensor. Every hospital works the limits out for itself, from what all hospitals have in
common: the first global model, then each opened sum. They are in no message, so the server does not learn them.
"""

from collections.abc import Mapping
from math import frexp, ldexp

import numpy as np
import numpy.typing as npt

from pleura.errors import RecipeError
from pleura.federation.learning.settings import ClippingSettings
from pleura.federation.learning.tensors import Arrays

__all__ = ["clip_update", "first_limits", "next_limits"]


def clip_update(
    update: Arrays, limits: Mapping[str, float]
) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, int]]:
    """Cut every number of an update to its tensor's limit.

    Parameters
    ----------
    update : local minus global model
    limits : one a tensor

    Returns
    -------
    clipped : the same shapes
    cut : how many numbers of each tensor were beyond its limit

    Raises
    ------
    RecipeError
        If a number is NaN or infinite.

    Examples
    --------
    >>> clipped, cut = clip_update({"w": np.array([0.1, -3, 0.5], np.float32)}, {"w": 0.5})
    >>> clipped["w"].tolist(), cut
    ([0.10000000149011612, -0.5, 0.5], {'w': 1})
    """
    clipped, cut = {}, {}
    for name, array in update.items():
        if not np.isfinite(array).all():
            raise RecipeError(f"the update of {name} is not finite; lower optimiser.learning_rate")
        limit = np.float32(limits[name])
        cut[name] = int((np.abs(array) > limit).sum())
        clipped[name] = np.clip(array, -limit, limit)
    return clipped, cut


def first_limits(tensors: Arrays, settings: ClippingSettings) -> dict[str, float]:
    """Give the first round's limits, from the first global model.

    `settings.first` times the tensor's largest number, rounded up to a power of two. A tensor with one axis (a bias,
    what belongs to a norm) counts as 1 at least: it may begin at zero and still move.

    Parameters
    ----------
    tensors : of the first global model

    Examples
    --------
    >>> first_limits({"w": np.full((2, 2), 0.1, np.float32), "b": np.zeros(2, np.float32)}, ClippingSettings())
    {'w': 0.125, 'b': 1.0}
    """
    limits = {}
    for name, array in tensors.items():
        largest = float(np.abs(array).max(initial=0.0))
        if array.ndim < 2:
            largest = max(largest, 1.0)
        limits[name] = _power_of_two(max(settings.first * largest, settings.least))
    return limits


def next_limits(
    limits: Mapping[str, float],
    mean: Arrays,
    cut: Mapping[str, float],
    settings: ClippingSettings,
) -> dict[str, float]:
    """Give the next round's limits, from what every hospital has opened.

    `settings.margin` times the largest change that the mean update makes in the tensor, rounded up to a power of two,
    but at least a quarter of the limit before. Where more than the tolerated share was cut, at least twice the limit
    before. A tensor without numbers keeps its limit.

    Parameters
    ----------
    limits : of the round that was opened
    mean : its mean update
    cut : share of each tensor's numbers that was cut, over all hospitals

    Examples
    --------
    >>> change = {"w": np.array([0.001, -0.01], np.float32)}
    >>> next_limits({"w": 0.25}, change, {"w": 0.0}, ClippingSettings())
    {'w': 0.125}
    >>> next_limits({"w": 0.25}, change, {"w": 0.01}, ClippingSettings())
    {'w': 0.5}
    """
    following = {}
    for name, before in limits.items():
        largest = float(np.abs(mean[name]).max()) if mean[name].size else before / settings.margin
        least = 2 * before if cut[name] > settings.tolerated else before / 4
        following[name] = _power_of_two(max(settings.margin * largest, least, settings.least))
    return following


def _power_of_two(value: float) -> float:
    """Round up to a power of two, with no logarithm that two machines might round differently."""
    share, exponent = frexp(value)  # value = share * 2^exponent, 0.5 <= share < 1
    return ldexp(1.0, exponent - 1 if share == 0.5 else exponent)
