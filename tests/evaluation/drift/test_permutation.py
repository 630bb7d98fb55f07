"""Tests by permutation: all orders of a few cases, the level kept together, and limits that say what p says."""

from itertools import permutations

import numpy as np
import pytest

from pleura.evaluation.drift.permutation import joint_test, permuted
from pleura.evaluation.drift.statistics import share_difference

ONE = ("answers", "share")
OTHER = ("answers", "squared")


def test_all_orders_of_six_cases_give_fishers_p() -> None:
    """Three of three against none of three: 2 of the 20 ways to deal three ones are as far apart."""
    flags = np.array([0.0, 0, 0, 1, 1, 1])
    orders = np.array(list(permutations(range(6))))
    found = joint_test({ONE: share_difference(flags[orders], 3)}, level=0.2)[ONE]
    assert found.p == pytest.approx(0.1)
    assert (found.value, found.adjusted) == (1, found.p)


def test_a_statistic_that_says_the_same_twice_costs_nothing(rng: np.random.Generator) -> None:
    values = rng.random(400)
    found = joint_test({ONE: values, OTHER: values**2}, level=0.05)
    assert found[ONE].adjusted == pytest.approx(found[ONE].p)
    assert found[OTHER].adjusted == pytest.approx(found[ONE].p)


def test_independent_statistics_are_paid_for(rng: np.random.Generator) -> None:
    """The least of five independent p is at most x with probability 1 - (1 - x)^5."""
    statistics = {("s", str(index)): rng.random(20000) for index in range(5)}
    found = joint_test(statistics, level=0.05)
    for one in found.values():
        assert one.adjusted == pytest.approx(1 - (1 - one.p) ** 5, abs=0.015)


def test_an_alarm_is_a_value_above_the_limit_and_comes_at_the_level(rng: np.random.Generator) -> None:
    """Every order takes the place of the observed one once: at most 5 % of them have an adjusted p of 5 %."""
    first = rng.integers(0, 12, 200).astype(np.float64)  # with many ties
    second = first + rng.normal(0, 4, 200)
    alarms = 0
    for index in range(200):
        chosen = np.r_[index, np.delete(np.arange(200), index)]
        found = joint_test({ONE: first[chosen], OTHER: second[chosen]}, level=0.05)
        for one in found.values():
            assert (one.value > one.limit) == (one.adjusted <= 0.05)
        alarms += any(one.adjusted <= 0.05 for one in found.values())
    assert 4 <= alarms <= 10


def test_orders_begin_with_the_cases_as_they_are() -> None:
    orders = permuted(7, permutations=50, seed=3)
    assert orders[0].tolist() == list(range(7))
    assert (np.sort(orders, axis=1) == np.arange(7)).all()
    assert len({tuple(row) for row in orders.tolist()}) > 45
