"""Hospitals whose uploads are whole in, those over which the attempt is closed out. Pure."""

from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Final

from pleura.errors import QuorumError
from pleura.federation.secure_sum.terms import LEAST_HOSPITALS

__all__ = ["choose_senders"]

_MOST_LEFT_OUT: Final = 4
"""Whole uploads that are left out at the most, unless an earlier set is taken again."""


def choose_senders(
    whole: Collection[str], earlier: Sequence[Collection[str]], *, quorum: int, least: int = LEAST_HOSPITALS
) -> frozenset[str]:
    """Choose as many hospitals as may be summed.

    Where an attempt of the same round was closed before and hospitals may have answered for it, the new set is the
    same as that one or differs by `least` hospitals or more, so that no difference of two sums tells of fewer;
    hospitals refuse to answer otherwise.

    Parameters
    ----------
    whole : fingerprints
    earlier : sets over which earlier attempts of the round were closed
    quorum : how many the sum has at the least
    least : as above

    Raises
    ------
    QuorumError
        If there is no such set.

    Examples
    --------
    >>> sorted(choose_senders("abcde", [], quorum=3))
    ['a', 'b', 'c', 'd', 'e']
    >>> sorted(choose_senders("abcde", ["abcdef"], quorum=3))
    ['a', 'b', 'c']
    """
    held = sorted(whole)
    before = [frozenset(one) for one in earlier]

    def fits(taken: frozenset[str]) -> bool:
        differences = [len(taken ^ one) for one in before]
        return len(taken) >= quorum and all(number == 0 or number >= least for number in differences)

    for size in range(len(held), max(quorum, len(held) - _MOST_LEFT_OUT) - 1, -1):
        # of as many as can be, the first in order: which ones are left out says nothing of them
        for chosen in combinations(held, size):
            if fits(frozenset(chosen)):
                return frozenset(chosen)
    for one in sorted(before, key=len, reverse=True):
        if one <= set(held) and fits(one):
            return one
    why = f" so that the sum differs enough from those of {len(earlier)} earlier attempts" if earlier else ""
    raise QuorumError(
        f"{len(held)} uploads are whole, and {quorum} or more are needed{why}; run the round again when more "
        "hospitals are there"
    )
