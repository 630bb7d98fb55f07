"""One hospital's arrays in, the slot integers of its vector out, range by range; zero is always exactly a level.

Nothing in the compiled code branches, indexes or divides by a value: what is cut or cannot be sent is found by sums.
"""

from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import carray, njit, types  # type: ignore[attr-defined]
from numba.core import cgutils
from numba.extending import intrinsic

from pleura.errors import TermsError
from pleura.federation.secure_sum.layout import Counts, Layout, Segment, Values

__all__ = ["SlotVector", "half_range", "runs_of"]

Numbers = npt.NDArray[np.float32] | npt.NDArray[np.float64] | npt.NDArray[np.integer]

_FLOAT32, _FLOAT64, _DIGITS = 0, 1, 2


def half_range(levels: int) -> int:
    """Levels on either side of zero: a value uses an even number of steps, so the last of an odd number stays idle."""
    return levels // 2


def runs_of(layout: Layout, levels: int) -> npt.NDArray[np.int64]:
    """First slot of each segment, and at the end the number of slots; one more than there are segments, int64."""
    sizes = [s.size if isinstance(s, Values) else s.size * s.digits(levels) for s in layout.segments]
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)


class SlotVector:
    """The slot integers of one hospital's vector, made range by range as they are asked for.

    A value x of a segment with clip c becomes ``h + rint(x h / c)``, cut to 0..2 h, where h is `half_range`; rint
    takes halves to the even whole number, in float64. A count becomes its digits to the base ``levels + 1``.

    Parameters
    ----------
    layout : the segments
    levels : a slot holds 0 to this
    arrays : one for each segment by its name, any shape of the segment's size (read in C order): float32 or float64
        for `Values`, integers for `Counts`. They are read when slots are asked for and must not change meanwhile.

    Raises
    ------
    TermsError
        If a segment is missing, unknown, of another size or type, or a count is negative or above its most.
    """

    def __init__(self, layout: Layout, levels: int, arrays: Mapping[str, Numbers]) -> None:
        _compare_names(layout, arrays)
        self.layout = layout
        self._held = [_flat(s, np.asarray(arrays[s.name]), levels) for s in layout.segments]  # kept alive for fill
        self._starts = runs_of(layout, levels)
        self._half = half_range(levels)
        kinds = {np.dtype(np.float32): _FLOAT32, np.dtype(np.float64): _FLOAT64, np.dtype(np.uint32): _DIGITS}
        self._kinds = np.array([kinds[a.dtype] for a in self._held], np.uint8)
        self._addresses = np.array([_address(a) for a in self._held], np.uintp)
        self._clips = np.array([s.clip if isinstance(s, Values) else 1.0 for s in layout.segments], np.float64)
        self._clipped = np.zeros(len(self._held), np.int64)
        self._lock = Lock()

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def clipped(self) -> dict[str, int]:
        """How many values were cut, by the segment's name, among the slots made so far; segments with none left out."""
        return {s.name: int(n) for s, n in zip(self.layout.segments, self._clipped, strict=True) if n}

    def fill(self, start: int, out: npt.NDArray[np.uint32]) -> None:
        """Write the slots from `start` on; those past the end of the vector are 0.

        May be called from several threads at once; releases the interpreter's lock while it works.

        Parameters
        ----------
        start : first slot, 0 or more
        out : 1-D and contiguous, any length

        Raises
        ------
        TermsError
            If a value among them is NaN or infinite.
        """
        notes = np.zeros((2, len(self._held)), np.int64)  # row 0 cut values, row 1 not 0 where one is not finite
        _fill(start, out, self._starts, self._kinds, self._addresses, self._clips, self._half, notes)
        if notes[1].any():
            raise TermsError(self._not_finite(int(np.flatnonzero(notes[1])[0]), start))
        with self._lock:
            self._clipped += notes[0]

    def _not_finite(self, number: int, start: int) -> str:
        first = max(start - int(self._starts[number]), 0)
        values = self._held[number]
        index = first + int(np.flatnonzero(~np.isfinite(values[first:]))[0])
        return (
            f"value {index} of {self.layout.segments[number].name!r} is {values[index]}; only finite values can be "
            "summed: look at the training that made it"
        )


def _compare_names(layout: Layout, arrays: Mapping[str, Numbers]) -> None:
    names = {s.name for s in layout.segments}
    missing = [s.name for s in layout.segments if s.name not in arrays]
    unknown = [name for name in arrays if name not in names]
    if missing or unknown:
        what = f"lacks {missing[0]!r}" if missing else f"has {unknown[0]!r}, which is in no layout of this round"
        raise TermsError(f"the vector {what}; it needs exactly the {len(names)} segments of the layout")


def _flat(segment: Segment, array: npt.NDArray[Any], levels: int) -> npt.NDArray[Any]:
    """Give the segment's numbers, checked, contiguous and in native byte order; a Counts segment's as digits."""
    if array.size != segment.size:
        raise TermsError(f"{segment.name!r} has {array.size} numbers; the layout says {segment.size}")
    if isinstance(segment, Counts):
        return _digits(segment, array, levels)
    if array.dtype.kind != "f" or array.dtype.itemsize not in (4, 8):
        raise TermsError(f"{segment.name!r} is {array.dtype}; values are float32 or float64: convert them first")
    native = np.float32 if array.dtype.itemsize == 4 else np.float64
    return np.ascontiguousarray(array, dtype=native).reshape(-1)


def _digits(segment: Counts, array: npt.NDArray[Any], levels: int) -> npt.NDArray[np.uint32]:
    if array.dtype.kind not in "iu":
        raise TermsError(f"{segment.name!r} is {array.dtype}; counts are whole numbers: give integers")
    if segment.size and (array.min() < 0 or array.max() > segment.most):
        raise TermsError(
            f"a count of {segment.name!r} is not within 0 to {segment.most}; raise its most if it is right"
        )
    rest = array.reshape(-1).astype(np.int64)
    digits = np.zeros((segment.digits(levels), segment.size), np.uint32)
    for d in reversed(range(len(digits))):
        place = (levels + 1) ** d
        for bit in reversed(range(min(levels, segment.most // place).bit_length())):
            step = np.int64(place << bit)
            takes = (rest >= step).astype(np.int64)  # long division by subtraction: the same work for every count
            rest -= step * takes
            digits[d] += (takes << bit).astype(np.uint32)
    return digits.reshape(-1)


@njit(cache=True)
def _address(array: Any) -> Any:
    """Where an array lies; a quarter of the time that NumPy takes to tell, which counts with hundreds of tensors."""
    return array.ctypes.data


def _as_pointer(_: Any, address: Any) -> Any:
    """Take a number as the pointer that it is; lets one compiled loop run over arrays of two types."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), generate


_pointer: Any = intrinsic(_as_pointer)


@njit(cache=True, nogil=True)
def _quantise(values: Any, clip: Any, half: int, out: npt.NDArray[np.uint32]) -> tuple[Any, Any]:
    """Slots of values; how many were cut, and not 0 if one is NaN or infinite."""
    scale, top = half / clip, np.float64(half)
    shift = np.int32(half)
    cut, wrong = np.int64(0), np.int64(0)
    for i in range(out.size):
        x = np.float64(values[i])
        cut += np.int64(abs(x) > clip)
        wrong |= np.int64(x - x != 0.0)
        y = x * scale
        y = y if y > -top else -top  # these two become a maximum and a minimum, and NaN becomes -top
        y = y if y < top else top
        out[i] = np.uint32(np.int32(np.rint(y)) + shift)
    return cut, wrong


@njit(cache=True, nogil=True)
def _fill(
    start: int,
    out: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint8],
    addresses: npt.NDArray[np.uintp],
    clips: npt.NDArray[np.float64],
    half: int,
    notes: npt.NDArray[np.int64],
) -> None:
    stop = min(start + out.size, starts[-1])
    run = np.searchsorted(starts, start, side="right") - 1
    at = start
    while at < stop:
        end = min(starts[run + 1], stop)
        to = out[at - start : end - start]
        first, size, address = at - starts[run], starts[run + 1] - starts[run], _pointer(addresses[run])
        if kinds[run] == _FLOAT32:
            notes[0, run], notes[1, run] = _quantise(carray(address, size, np.float32)[first:], clips[run], half, to)
        elif kinds[run] == _FLOAT64:
            notes[0, run], notes[1, run] = _quantise(carray(address, size, np.float64)[first:], clips[run], half, to)
        else:
            to[:] = carray(address, size, np.uint32)[first : first + to.size]
        at = end
        run += 1
    out[max(at - start, 0) :] = 0
