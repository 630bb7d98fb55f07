"""The exact cone against linear programming in floating point."""

import numpy as np
import pytest
from scipy.optimize import linprog

from pleura.evaluation.consistency.solver.cone import Row, cut


@pytest.mark.parametrize("seed", range(40))
def test_whether_anything_is_left_and_the_least_of_a_sum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, count = int(rng.integers(2, 6)), int(rng.integers(1, 9))
    rows = rng.integers(-4, 5, (count, size))
    cone = cut(size, [Row(tuple(int(x) for x in row)) for row in rows])
    aim = rng.integers(0, 5, size)
    found = linprog(aim, A_ub=-rows, b_ub=np.zeros(count), A_eq=np.ones((1, size)), b_eq=[1])
    assert bool(cone.rays) == (found.status == 0)
    if cone.rays:
        ratio = cone.ratio(tuple(int(x) for x in aim), (1,) * size)
        assert ratio is not None
        assert ratio[0] is not None
        assert float(ratio[0]) == pytest.approx(found.fun, abs=1e-9)
        for ray in cone.rays:
            assert min(ray) >= 0
            assert (rows @ np.array(ray) >= 0).all()


def test_strict_conditions_on_the_border_leave_nothing() -> None:
    # x >= y and y >= x leave x = y; then x > y is impossible, x > 0 is not.
    equal = [Row((1, -1)), Row((-1, 1))]
    assert cut(2, equal).rays == ((1, 1),)
    assert cut(2, [*equal, Row((1, 0), strict=True)]).rays == ((1, 1),)
    assert cut(2, [*equal, Row((1, -1), strict=True)]).rays == ()


def test_a_ratio_without_bound_and_one_without_meaning() -> None:
    cone = cut(2, [])
    assert cone.ratio((1, 0), (0, 1)) == (0, None)
    assert cut(2, [Row((0, -1))]).ratio((1, 0), (0, 1)) is None
