"""Names of claims and a test whether some of them can hold together in; the smallest set that cannot, out."""

from collections.abc import Callable, Sequence
from itertools import combinations, islice

__all__ = ["smallest_conflict"]

SEARCHED = 5000
"""Sets no larger than one already found are tried up to this number; past it the set is minimal (each of its claims is
needed for the contradiction), but perhaps not the smallest."""


def smallest_conflict(
    names: Sequence[str], possible: Callable[[frozenset[str]], bool], *, searched: int = SEARCHED
) -> tuple[str, ...] | None:
    """Give the fewest claims that contradict each other, in their order; None where all can hold together.

    Parameters
    ----------
    names : of the claims
    possible : whether some of them can hold together; whoever can, can also with a claim fewer
    searched : sets that are tried at most

    Examples
    --------
    >>> smallest_conflict("abcd", lambda some: not some >= set("bd"))
    ('b', 'd')
    """
    if possible(frozenset(names)):
        return None
    kept = list(names)
    for name in names:
        fewer = [one for one in kept if one != name]
        if not possible(frozenset(fewer)):
            kept = fewer
    smaller = (some for size in range(1, len(kept) + 1) for some in combinations(names, size))
    return next((some for some in islice(smaller, searched) if not possible(frozenset(some))), tuple(kept))
