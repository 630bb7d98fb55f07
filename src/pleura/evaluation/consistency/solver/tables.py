"""Conditions on the cells in; whether a table of whole numbers meets them out: yes, no, or too many to try.

For given numbers of positive and negative cases a table has two free cells, true positives and true negatives. Every
condition then bounds the second for each value of the first, so all tables with n cases take n steps, not n squared.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum

import numpy as np
import numpy.typing as npt

from pleura.evaluation.consistency.solver.cone import Row

__all__ = ["Answer", "find_table"]

LARGEST = 2**62
"""Of whole numbers that fit into 64 bits with a bit to spare; conditions with larger ones are tried one by one."""

MOST_CASES = 2_000_000
"""Of a table that is looked for; with more, rounding leaves room for whole numbers anyway."""


class Answer(Enum):
    """Whether there is such a table."""

    YES = "yes"
    NO = "no"
    UNTRIED = "too many to try"


def find_table(
    positives: range,
    negatives: range,
    cases: range,
    rows_of: Callable[[int, int], Sequence[Row]],
    *,
    budget: int = 20_000,
) -> Answer:
    """Look for a table of whole numbers.

    Parameters
    ----------
    positives, negatives, cases : numbers of cases that come into question
    rows_of : conditions on (tp, fn, fp, tn, 1) for given numbers of positive and negative cases
    budget : pairs of numbers of cases to try at most

    Examples
    --------
    >>> none = range(3, 4), range(0, 1), range(3, 4)
    >>> find_table(*none, lambda p, n: [Row((2, -2, 0, 0, 0)), Row((-2, 2, 0, 0, 0))])  # half of three cases
    <Answer.NO: 'no'>
    """
    for tried, (p, n) in enumerate(_pairs(positives, negatives, cases)):
        if tried >= budget or p + n > MOST_CASES:
            return Answer.UNTRIED
        if _fits(p, n, rows_of(p, n)):
            return Answer.YES
    return Answer.NO


def _pairs(positives: range, negatives: range, cases: range) -> Iterator[tuple[int, int]]:
    """Pairs that come into question, those in the middle first."""
    for p in _outwards(positives):
        for n in range(max(negatives.start, cases.start - p), min(negatives.stop, cases.stop - p)):
            yield p, n


def _outwards(numbers: range) -> Iterator[int]:
    """Numbers of a range, however long, from its middle on."""
    middle = (numbers.start + numbers.stop) // 2
    for away in range(len(numbers) + 1):
        yield from (number for number in dict.fromkeys((middle - away, middle + away)) if number in numbers)


def _fits(p: int, n: int, rows: Sequence[Row]) -> bool:
    """Whether a table with p positive and n negative cases meets all conditions."""
    flat = []
    for row in rows:
        tp, fn, fp, tn, one = row.of
        # In whole numbers, above 0 is 1 or more.
        flat.append((tp - fn, tn - fp, fn * p + fp * n + one - row.strict))
    low, high = 0, p
    for a, b, c in flat:
        if b == 0 and a > 0:
            low = max(low, -(c // a))
        elif b == 0 and a < 0:
            high = min(high, c // -a)
        elif b == 0 and c < 0:
            return False
    if low > high:
        return False
    large = max((abs(a) * p + abs(b) * n + abs(c) for a, b, c in flat), default=0) >= LARGEST
    tps: npt.NDArray[np.int64] = np.arange(low, high + 1, dtype=object if large else np.int64)
    least = np.zeros_like(tps)
    most = np.full_like(tps, n)
    for a, b, c in flat:
        if b > 0:
            least = np.maximum(least, -((a * tps + c) // b))
        elif b < 0:
            most = np.minimum(most, (a * tps + c) // -b)
    return bool((least <= most).any())
