"""The smallest contradicting set against all subsets."""

from itertools import combinations

import numpy as np
import pytest

from pleura.evaluation.consistency.solver.conflict import smallest_conflict


@pytest.mark.parametrize("seed", range(20))
def test_against_all_subsets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = "abcdefg"[: int(rng.integers(1, 8))]
    bad = [set(rng.choice(list(names), size=int(rng.integers(1, len(names) + 1)), replace=False)) for _ in range(3)]

    def possible(some: frozenset[str]) -> bool:
        return not any(one <= some for one in bad)

    sizes = [size for size in range(1, 8) for some in combinations(names, size) if not possible(frozenset(some))]
    found = smallest_conflict(names, possible)
    assert found is not None
    assert len(found) == min(sizes)
    assert not possible(frozenset(found))


def test_none_where_all_can_hold() -> None:
    assert smallest_conflict("abc", lambda _some: True) is None
