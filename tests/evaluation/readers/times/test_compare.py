"""Reading times: ratios by hand and by the t-test, a program beside readers, incomplete times."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from pleura.errors import CohortError
from pleura.evaluation.readers.readings import Readings
from pleura.evaluation.readers.times.compare import compare_times


@pytest.fixture
def people(rng: np.random.Generator) -> Readings:
    """Eight readers in two tiers, twelve cases, two conditions; the second takes half as long on average."""
    logs = np.log([60.0, 30.0])[:, None, None] + 0.2 * rng.standard_normal((1, 8, 1))
    logs = logs + 0.2 * rng.standard_normal((1, 1, 12)) + 0.1 * rng.standard_normal((2, 8, 1))
    logs = logs + 0.1 * rng.standard_normal((2, 8, 12))
    return Readings(
        ("CT", "with AI"),
        tuple("ABCDEFGH"),
        tuple("abcdefghijkl"),
        np.arange(12) < 6,
        np.zeros((2, 8, 12)),
        seconds=np.exp(logs),
        tiers=("old",) * 4 + ("new",) * 4,
    )


def test_the_ratio_is_that_of_geometric_means(people: Readings) -> None:
    found = compare_times(people)
    (ratio,) = found.conditions
    geometric = {(one.condition, one.group): one.geometric_mean for one in found.summaries}
    assert ratio.value == pytest.approx(geometric["CT", "all readers"] / geometric["with AI", "all readers"], rel=1e-6)
    assert ratio.low < 2 < ratio.high
    assert 3 < ratio.df < 20  # by readers and cases, not by 192 readings
    tier = found.tiers[0]
    assert tier.name == "old / new"
    by_tier = [np.sqrt(geometric["CT", name] * geometric["with AI", name]) for name in ("old", "new")]
    assert tier.value == pytest.approx(by_tier[0] / by_tier[1], rel=1e-6)
    assert tier.df == pytest.approx(6, abs=0.1)
    ct = found.summaries[0]
    assert people.seconds is not None
    assert (ct.readings, ct.mean) == (96, pytest.approx(people.seconds[0].mean()))
    assert ct.deviation == pytest.approx(people.seconds[0].std(ddof=1))


def test_with_cases_alike_it_is_the_t_test_over_readers() -> None:
    """A program of one time on all cases; readers differ, cases do not: a t-test of readers' mean logarithms."""
    rng = np.random.default_rng(5)
    logs = 3 + 0.3 * rng.standard_normal((6, 1)) + np.tile([0.2, -0.2, 0.1, -0.1], (6, 1))
    logs[:, 2:] = logs[:, 2:] + np.linspace(-0.1, 0.1, 6)[:, None] * [[1, -1]]
    logs = logs - (logs - logs.mean(axis=1, keepdims=True)).mean(axis=0)  # cases have equal means
    people = Readings(
        ("CT",), tuple("ABCDEF"), tuple("abcd"), np.arange(4) < 2, np.zeros((1, 6, 4)), seconds=np.exp(logs)[None]
    )
    program = replace(people.of_readers(["A"]), seconds=np.full((1, 1, 4), 5.0))
    found = compare_times(people, program)
    expected = ttest_1samp(logs.mean(axis=1) - np.log(5), 0)
    (ratio,) = found.program
    low, high = np.exp(expected.confidence_interval())
    assert (ratio.df, ratio.p) == (pytest.approx(5, rel=1e-3), pytest.approx(expected.pvalue, rel=1e-2))
    np.testing.assert_allclose((ratio.low, ratio.high), (low, high), rtol=1e-3)
    assert found.variances["case"] == 0


def test_times_may_be_missing(people: Readings) -> None:
    assert people.seconds is not None
    people.seconds[0, 0, 3] = people.seconds[1, 2] = np.nan
    found = compare_times(people)
    assert [one.readings for one in found.summaries if one.group == "all readers"] == [95, 84]
    assert found.conditions[0].low < 2 < found.conditions[0].high


def test_readers_of_their_own_under_each_condition(people: Readings) -> None:
    """Effects that the data cannot tell apart are left out: readers by conditions are readers then."""
    assert people.seconds is not None
    people.seconds[0, :4] = people.seconds[1, 4:] = np.nan
    found = compare_times(replace(people, tiers=None))
    assert set(found.variances) == {"reader", "case", "case by condition", "rest"}
    assert found.conditions[0].df < 12


def test_without_times_there_is_nothing_to_compare(people: Readings) -> None:
    with pytest.raises(CohortError, match="no reading times"):
        compare_times(replace(people, seconds=None))
