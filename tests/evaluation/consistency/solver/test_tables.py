"""Tables of whole numbers: the search against trying all, and what it does with too many."""

import numpy as np
import pytest

from pleura.evaluation.consistency.solver.cone import Row
from pleura.evaluation.consistency.solver.tables import Answer, find_table


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("scale", [1, 10**16])  # the latter does not fit into 64 bits
def test_against_trying_all(seed: int, scale: int) -> None:
    rng = np.random.default_rng(seed)
    cases = int(rng.integers(1, 9))
    numbers = [[int(x) for x in row] for row in rng.integers(-3, 4, (3, 5))]
    rows = [Row(tuple(x * scale for x in row), strict=bool(rng.random() < 0.3)) for row in numbers]
    found = find_table(range(cases + 1), range(cases + 1), range(cases, cases + 1), lambda _p, _n: rows)

    def fits(tp: int, fn: int, fp: int) -> bool:
        cells = (tp, fn, fp, cases - tp - fn - fp, 1)
        sums = [sum(a * b for a, b in zip(row.of, cells, strict=True)) for row in rows]
        return min(cells) >= 0 and all(one > 0 if row.strict else one >= 0 for one, row in zip(sums, rows, strict=True))

    span = range(cases + 1)
    exists = any(fits(tp, fn, fp) for tp in span for fn in span for fp in span)
    assert found is (Answer.YES if exists else Answer.NO)


def test_too_many_to_try_is_said_and_costs_no_memory() -> None:
    endless = range(10**15)
    never = [Row((0, 0, 0, 0, -1))]
    assert find_table(endless, endless, range(10**15, 10**15 + 1), lambda _p, _n: never) is Answer.UNTRIED
    assert find_table(range(9), range(9), range(9), lambda _p, _n: never, budget=20) is Answer.UNTRIED
    assert find_table(range(9), range(9), range(9), lambda _p, _n: never, budget=100) is Answer.NO
