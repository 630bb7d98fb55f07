"""One hospital's update, weight and counts in; the values that go into the secure sum out, and the mean back from it.

The layout is the same in every round and says nothing of the model: each tensor's numbers lie between -1 and 1, in
units of its limit, and a weight is a share of the weights' range. Limits and range are known to the hospitals alone.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pleura.federation.learning.clipping import clip_update
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.tensors import Arrays, Travelling
from pleura.federation.learning.weights import most_weight
from pleura.federation.secure_sum.layout import Counts, Layout, Values

__all__ = ["MOST_CASES", "cut_shares", "mean_update", "pack_update", "training_layout"]

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]
_PREFIX = "update."
MOST_CASES = 2**24
"""Training cases that a hospital may have."""


def training_layout(tensors: Sequence[Travelling], counted: Sequence[Counts], settings: FederationSettings) -> Layout:
    """Lay out a round: the shared tensors, the weight, what was cut, and what else is counted.

    Parameters
    ----------
    tensors : what the strategy shares
    counted : training cases by label, and the judgement of the model that the round begins with
    """
    return Layout(
        (
            *(Values(name=f"{_PREFIX}{one.name}", size=one.size, clip=1.0) for one in tensors),
            Counts(name="weight", size=1, most=most_weight(settings.weights)),
            Counts(name="cut", size=len(tensors), most=max(1, *(one.size for one in tensors))),
            *counted,
        )
    )


def pack_update(
    update: Arrays, weight: int, *, limits: Mapping[str, float], reach: int
) -> tuple[dict[str, Floats | Whole], float]:
    """Cut an update to its limits, weigh it, and bring it to the layout's units.

    Parameters
    ----------
    update : local minus global model, of the shared tensors in their order
    weight : 1 or more; more than `reach` counts as `reach`
    limits : one a tensor, a power of two
    reach : the weights' range, a power of two

    Returns
    -------
    values : what goes into the segments of the tensors, "weight" and "cut"
    share : of all numbers that were cut

    Raises
    ------
    RecipeError
        If a number is NaN or infinite.
    """
    clipped, cut = clip_update(update, limits)
    counted = min(weight, reach)
    values: dict[str, Floats | Whole] = {}
    for name, array in clipped.items():
        unit = np.float32(counted / (reach * limits[name]))  # exact but for the weight's own bits
        values[f"{_PREFIX}{name}"] = array.ravel() * unit
    values["weight"] = np.array([counted], dtype=np.int64)
    values["cut"] = np.array([cut[name] for name in update], dtype=np.int64)
    size = sum(array.size for array in update.values())
    return values, sum(cut.values()) / size if size else 0.0


def mean_update(
    summed: Arrays, weight: int, tensors: Sequence[Travelling], *, limits: Mapping[str, float], reach: int
) -> dict[str, Floats]:
    """Give the hospitals' weighted mean update from the opened sum.

    Parameters
    ----------
    summed : sums of the tensors' segments, flat
    weight : summed weight, above 0
    tensors, limits, reach : as in the round

    Returns
    -------
    In the tensors' shapes; the same bytes in every hospital.
    """
    return {
        one.name: summed[f"{_PREFIX}{one.name}"].reshape(one.shape) * np.float32(limits[one.name] * reach / weight)
        for one in tensors
    }


def cut_shares(cut: Whole, hospitals: int, tensors: Sequence[Travelling]) -> dict[str, float]:
    """Give the share of each tensor's numbers that was cut, over so many hospitals."""
    return {
        one.name: int(count) / (hospitals * one.size) if one.size else 0.0
        for one, count in zip(tensors, cut, strict=True)
    }
