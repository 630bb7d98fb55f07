"""Sums of slot integers in, in the vector's order, the summed arrays by name out: float32 values and exact counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from pleura.errors import WrongSumError
from pleura.federation.secure_sum.layout import Counts, Layout, Values
from pleura.federation.secure_sum.slots import half_range, runs_of

__all__ = ["Opened", "SlotSums", "opened_sum"]

SlotSums = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Opened:
    """What a round gives to each of its hospitals: sums over hospitals, nothing of a single one."""

    layout: Layout
    values: Mapping[str, npt.NDArray[np.float32]]
    """Sum of each `Values` segment, 1-D, in units of the values."""
    counts: Mapping[str, npt.NDArray[np.int64]]
    """Sum of each `Counts` segment, 1-D, exact."""
    hospitals: int
    """How many hospitals' vectors are in it."""


def opened_sum(layout: Layout, levels: int, hospitals: int, slots: Iterable[SlotSums]) -> Opened:
    """Read the summed slots of several hospitals.

    A value's sum S over K hospitals is worth ``(S - K h) c / h``, with h of `half_range` and c the segment's clip,
    computed in float64 and rounded to float32 once. Against the sum of the values that were sent (cut to the clip)
    it is off by at most ``K c / (2 h)``, and by that rounding.

    Parameters
    ----------
    layout : the segments
    levels : one hospital's slot holds 0 to this
    hospitals : K, whose vectors were added
    slots : arrays that make up the vector's slots from first to last, of any lengths

    Raises
    ------
    WrongSumError
        If there are more or fewer slots than the layout has, or one is larger than K hospitals could have made it.
    """
    starts = runs_of(layout, levels)
    half = half_range(levels)
    steps = np.array([s.clip / half if isinstance(s, Values) else 0.0 for s in layout.segments], np.float64)
    values, digits = np.empty(starts[-1], np.float32), np.zeros(_digits(layout, levels), np.uint64)
    wrong = np.zeros(len(layout.segments), np.uint8)
    at = 0
    for part in slots:
        if at + part.size > starts[-1]:
            raise WrongSumError(f"the sum has more than the {starts[-1]} slots of the layout; get all its parts anew")
        _read(part, at, starts, steps, hospitals * half, hospitals * levels, values, digits, wrong)
        if wrong.any():
            raise WrongSumError(
                f"a sum of {layout.segments[int(wrong.argmax())].name!r} is larger than {hospitals} hospitals could "
                "have made it; it was altered on the way, or a hospital sent what no vector gives: run the round again"
            )
        at += part.size
    if at != starts[-1]:
        raise WrongSumError(f"the sum ends after {at} of {starts[-1]} slots; get all its parts anew")
    return _named(layout, levels, hospitals, starts, values, digits)


def _digits(layout: Layout, levels: int) -> int:
    return sum(s.size * s.digits(levels) for s in layout.segments if isinstance(s, Counts))


@njit(cache=True, nogil=True)
def _values(slots: Any, zero: int, step: Any, out: npt.NDArray[np.float32]) -> Any:
    """Values of slot sums; 1 if one of them is not within 0 and twice `zero`."""
    over = np.uint8(0)
    for i in range(out.size):
        centred = np.int64(slots[i]) - zero
        over |= np.uint8(centred > zero) | np.uint8(centred < -zero)
        out[i] = np.float32(np.float64(centred) * step)
    return over


@njit(cache=True, nogil=True)
def _read(
    slots: Any,
    first: int,
    starts: npt.NDArray[np.int64],
    steps: npt.NDArray[np.float64],
    zero: int,
    most_digit: int,
    values: npt.NDArray[np.float32],
    digits: npt.NDArray[np.uint64],
    wrong: npt.NDArray[np.uint8],
) -> None:
    """Read slots into values, and digits into a place of their own; a segment with a sum out of range is marked."""
    at, digit = first, 0
    for run in range(steps.size):
        stop = min(starts[run + 1], first + slots.size)
        if steps[run] == 0.0:
            for i in range(max(at, starts[run]), stop):
                digits[digit + i - starts[run]] = slots[i - first]
                wrong[run] |= np.uint8(slots[i - first] > most_digit)
            digit += starts[run + 1] - starts[run]
        elif at < stop:
            wrong[run] |= _values(slots[at - first : stop - first], zero, steps[run], values[at:stop])
        at = max(at, stop)


def _named(
    layout: Layout,
    levels: int,
    hospitals: int,
    starts: npt.NDArray[np.int64],
    values: npt.NDArray[np.float32],
    digits: npt.NDArray[np.uint64],
) -> Opened:
    """Give each segment its sums; they are views of one array."""
    named, counts, digit = {}, {}, 0
    for segment, first in zip(layout.segments, starts.tolist(), strict=False):
        if isinstance(segment, Values):
            named[segment.name] = values[first : first + segment.size]
        else:
            places = digits[digit : digit + segment.size * segment.digits(levels)]
            digit += places.size
            counts[segment.name] = _counts(segment, levels, hospitals, places)
    return Opened(layout, named, counts, hospitals)


def _counts(segment: Counts, levels: int, hospitals: int, digits: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    sums = np.zeros(segment.size, np.uint64)
    for place in digits.reshape(segment.digits(levels), segment.size)[::-1]:
        sums = sums * np.uint64(levels + 1) + place
    if (sums > hospitals * segment.most).any():
        raise WrongSumError(
            f"a count of {segment.name!r} is larger than {hospitals} hospitals of at most {segment.most} could have "
            "made it; a hospital sent what no vector gives: run the round again"
        )
    return sums.astype(np.int64)
