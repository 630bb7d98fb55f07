"""Which uploads are summed, against a search through all sets."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleura.errors import QuorumError
from pleura.federation.rounds.senders import choose_senders

hospitals = st.frozensets(st.sampled_from("abcdefg"))


@given(hospitals, st.lists(hospitals.filter(lambda one: len(one) >= 3), max_size=3))
def test_as_many_as_may_be_summed(whole: frozenset[str], earlier: list[frozenset[str]]) -> None:
    subsets = chain.from_iterable(combinations(sorted(whole), size) for size in range(3, len(whole) + 1))
    right = [s for s in map(frozenset, subsets) if all(s == one or len(s ^ one) >= 3 for one in earlier)]
    if not right:
        with pytest.raises(QuorumError, match="are needed"):
            choose_senders(whole, earlier, quorum=3)
    else:
        chosen = choose_senders(whole, earlier, quorum=3)
        assert chosen in right
        assert len(chosen) == max(map(len, right))


def test_fifty_hospitals_do_not_take_forever() -> None:
    names = [f"{i:02d}" for i in range(50)]
    assert len(choose_senders(names[:49], [names], quorum=34)) == 47
    assert choose_senders(names, [names[:40], names[:39] + names[41:43]], quorum=34) == frozenset(names)
    assert choose_senders(names[:40], [names[:39], names[1:40], names[:30]], quorum=30) <= frozenset(names[:40])
