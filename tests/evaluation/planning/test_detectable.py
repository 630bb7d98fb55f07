"""Power against enumeration, and the drop that is found against its own definition."""

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact

from pleura.evaluation.planning.detectable import detectable_drop, power_of_difference


@pytest.mark.parametrize(("p", "n", "q", "m"), [(0.9, 50, 0.6, 12), (0.85, 40, 0.5, 30)])
def test_power_is_how_often_fishers_test_rejects(p: float, n: int, q: float, m: int) -> None:
    """Every table that can come about, with its probability."""
    chance = np.outer(binom.pmf(range(n + 1), n, p), binom.pmf(range(m + 1), m, q))
    rejected = sum(
        chance[x, y]
        for x in range(n + 1)
        for y in range(m + 1)
        if chance[x, y] > 1e-6 and fisher_exact([[x, n - x], [y, m - y]]).pvalue < 0.05
    )
    assert power_of_difference(p, n, q, m) == pytest.approx(rejected, abs=0.1)


def test_the_smallest_drop_that_is_found() -> None:
    drop = detectable_drop(0.9, 40, 100, alpha=0.01)
    assert power_of_difference(0.9, 100, 0.9 - drop, 40, alpha=0.01) >= 0.8
    assert power_of_difference(0.9, 100, 0.91 - drop, 40, alpha=0.01) < 0.8
    assert detectable_drop(0.5, 5, 100, alpha=0.0001) is None
    assert power_of_difference(1.0, 10, 0.0, 10) == 1.0
    assert power_of_difference(1.0, 10, 1.0, 10) == 0.0
    with pytest.raises(ValueError, match="groups of 1 or more"):
        detectable_drop(0.9, 0, 100)
