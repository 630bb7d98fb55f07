"""Sums of slot integers in, in the vector's order, the summed arrays by name out: float32 values and exact counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from pleura.errors import WrongSumError
from pleura.federation.secure_sum.layout import Counts, Layout, Segment, Values
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
    sums: list[npt.NDArray[Any]] = [_room(s, levels) for s in layout.segments]
    at, number = 0, 0
    for part in slots:
        done = 0
        while done < part.size:
            while number < len(sums) and at == starts[number + 1]:
                number += 1
            if number == len(sums):
                raise WrongSumError(f"the sum has more than the {at} slots of the layout; get all its parts anew")
            count = min(int(starts[number + 1]) - at, part.size - done)
            _read(
                layout.segments[number], levels, hospitals, part[done : done + count], sums[number], at - starts[number]
            )
            at, done = at + count, done + count
    if at != starts[-1]:
        raise WrongSumError(f"the sum ends after {at} of {starts[-1]} slots; get all its parts anew")
    named = list(zip(layout.segments, sums, strict=True))
    values = {s.name: sums for s, sums in named if isinstance(s, Values)}
    counts = {s.name: _counts(s, levels, hospitals, sums) for s, sums in named if isinstance(s, Counts)}
    return Opened(layout, values, counts, hospitals)


def _room(segment: Segment, levels: int) -> npt.NDArray[Any]:
    """Give room for the values of a segment, or for the sums of its digits."""
    if isinstance(segment, Values):
        return np.empty(segment.size, np.float32)
    return np.empty(segment.size * segment.digits(levels), np.uint64)


def _read(
    segment: Segment,
    levels: int,
    hospitals: int,
    slots: SlotSums,
    sums: npt.NDArray[Any],
    start: int,
) -> None:
    """Read one range of slots that lies within one segment into its place."""
    to = sums[start : start + slots.size]
    if isinstance(segment, Values):
        half = half_range(levels)
        within = _to_values(slots, hospitals * half, segment.clip / half, to)
    else:
        to[:] = slots
        within = bool((slots <= hospitals * levels).all())
    if not within:
        raise WrongSumError(
            f"a sum of {segment.name!r} is larger than {hospitals} hospitals could have made it; it was altered on the "
            "way, or a hospital sent what no vector gives: run the round again"
        )


@njit(cache=True, nogil=True)
def _to_values(slots: SlotSums, zero: int, step: float, out: npt.NDArray[np.float32]) -> bool:
    """Values of slot sums; whether all lie within 0 and twice `zero`."""
    over = np.int64(0)
    for i in range(out.size):
        centred = np.int64(slots[i]) - zero
        over |= np.int64(centred > zero) | np.int64(centred < -zero)
        out[i] = np.float32(np.float64(centred) * step)
    return bool(over == 0)


def _counts(segment: Counts, levels: int, hospitals: int, digits: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    places = digits.reshape(segment.digits(levels), segment.size)
    sums = np.zeros(segment.size, np.uint64)
    for digit in places[::-1]:
        sums = sums * np.uint64(levels + 1) + digit
    if (sums > hospitals * segment.most).any():
        raise WrongSumError(
            f"a count of {segment.name!r} is larger than {hospitals} hospitals of at most {segment.most} could have "
            "made it; a hospital sent what no vector gives: run the round again"
        )
    return sums.astype(np.int64)
