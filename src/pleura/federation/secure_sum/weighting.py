"""Each hospital's arrays and its weight in, the weighted mean over hospitals out, while nobody learns a single weight.

A hospital sends weight times value, and the weight itself as a count; the division comes after the sum is opened.
Products are sent in parts of the largest weight, so that a segment's clip holds for them as for the values.

Precision: a value is sent to within c / (2 h), with c its segment's clip and h half the levels. In the mean over K
hospitals whose weights add up to W, where a weight may be `most`, that is at most ``K most / W`` times as much, and
typically the square root of K in the place of K: the mean loses precision as the weights stay below `most`, a tenth
of it losing one decimal. Choose `most` not far above the largest weight that can occur.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pleura.errors import TermsError, WrongSumError
from pleura.federation.secure_sum.layout import Counts
from pleura.federation.secure_sum.sums import Opened

__all__ = ["weigh", "weighted_mean"]

Real = npt.NDArray[np.float32] | npt.NDArray[np.float64]


def weigh(values: Mapping[str, Real], weight: int, most: int) -> dict[str, Real]:
    """Multiply one hospital's arrays by its weight over the largest weight.

    Parameters
    ----------
    values : float32 or float64
    weight : such as the number of training cases, 0 to `most`
    most : what a weight may be at the most, as in the `Counts` segment in which the weight is sent

    Returns
    -------
    Arrays of the same shapes and types; none is larger than it was.

    Raises
    ------
    TermsError
        If the weight is not within 0 to `most`.
    """
    if not 0 <= weight <= most:
        raise TermsError(f"the weight is {weight}, not within 0 to {most}; found the federation with room for it")
    share = weight / most
    return {name: (array * array.dtype.type(share)) for name, array in values.items()}


def weighted_mean(opened: Opened, weight: str = "weight") -> dict[str, npt.NDArray[np.float32]]:
    """Divide the sums of weighted values by the sum of the weights.

    Parameters
    ----------
    opened : a sum whose values each hospital prepared with `weigh`
    weight : name of the `Counts` segment with the one number that is the hospital's weight

    Returns
    -------
    Mean of each `Values` segment, 1-D.

    Raises
    ------
    TermsError
        If there is no such segment, or it has more than one number.
    WrongSumError
        If all weights are 0.
    """
    segment = next((s for s in opened.layout.segments if s.name == weight), None)
    if not isinstance(segment, Counts) or segment.size != 1:
        raise TermsError(f"the mean needs a segment of one count called {weight!r}; add it to the layout")
    total = int(opened.counts[weight][0])
    if total == 0:
        raise WrongSumError("all hospitals' weights are 0, so there is no mean; let hospitals without cases stay out")
    factor = np.float64(segment.most / total)
    return {name: (array * factor).astype(np.float32) for name, array in opened.values.items()}
