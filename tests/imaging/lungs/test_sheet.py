"""Cheapest sheets against every sheet there is."""

from itertools import product

import numpy as np
import pytest

from pleura.imaging.lungs.sheet import border_cost, cheapest_sheet


def test_the_cheapest_of_all_paths(rng: np.random.Generator) -> None:
    cost = rng.random((1, 4, 5)).astype(np.float32)
    sheet = cheapest_sheet(cost, np.array([0]), 0.3, 0.0, 2)

    def total(path: tuple[int, ...]) -> float:
        return float(sum(cost[0, b, c] for b, c in enumerate(path)) + 0.3 * np.abs(np.diff(path)).sum())

    paths = [path for path in product(range(5), repeat=4) if np.abs(np.diff(path)).max() <= 2]
    assert total(tuple(sheet[0])) == pytest.approx(min(map(total, paths)), abs=1e-6)


def test_a_plane_that_knows_nothing_follows_its_neighbour() -> None:
    cost = np.zeros((3, 4, 9), np.float32)
    cost[1] = 1.0
    cost[1, :, 6] = 0.0
    assert (cheapest_sheet(cost, np.array([1, 2, 0]), 0.1, 0.1) == 6).all()


def test_border_cost_by_hand() -> None:
    before, after = np.array([1.0, 2.0, 4.0], np.float32), np.array([10.0, 20.0, 40.0], np.float32)
    assert border_cost(before, after).tolist() == [70.0, 61.0, 43.0]
