"""Subgroups: who is in which, the right comparisons, what is found, and how often something is found by chance."""

from dataclasses import replace

import numpy as np
import pytest

from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.comparison.multiplicity import holm
from pleura.evaluation.comparison.proportions import unpaired_difference
from pleura.evaluation.site.cases import SiteCases
from pleura.evaluation.site.settings import SiteSettings
from pleura.evaluation.site.subgroups import compare_subgroups, levels

QUICK = SiteSettings(intervals=IntervalSettings(resamples=200))


def _cases(seed: int, count: int = 160, drop: float = 0.0) -> SiteCases:
    """Two scanners and three kernels that mean nothing, but for `drop` in the log odds of the ill on scanner B."""
    rng = np.random.default_rng(seed)
    positive = rng.random(count) < 0.5
    scanner = rng.choice(["A", "B"], count)
    odds = rng.standard_normal(count) + 2.4 * positive - 1.2 - drop * (positive & (scanner == "B"))
    p = 1 / (1 + np.exp(-odds))
    columns = {"scanner": tuple(scanner.tolist()), "kernel": tuple(rng.choice(["x", "y", "z"], count).tolist())}
    return SiteCases("ill", positive, p, p >= 0.5, "at 0.5", None, columns)


def test_levels() -> None:
    assert levels(["F", "", "M"]) == ["F", "(unknown)", "M"]
    assert levels(["1", "2", "1", "3"]) == ["1", "2", "1", "3"]
    ages = [str(age) for age in range(30, 40)]
    assert levels([*ages, ""]) == ["up to 34.5"] * 5 + ["above 34.5"] * 5 + ["(unknown)"]


def test_each_level_is_held_against_the_rest() -> None:
    cases = _cases(1)
    found = compare_subgroups(cases, ["scanner", "kernel"], QUICK)
    assert [(one.column, one.level) for one in found.groups] == [
        ("scanner", "A"), ("scanner", "B"), ("kernel", "x"), ("kernel", "y"), ("kernel", "z"),
    ]  # fmt: skip
    assert found.tests == 3 + 9  # the two scanners are one comparison
    assert found.groups[1].tests == ()
    assert not found.groups[1].too_small
    inside = np.array(cases.columns["kernel"]) == "y"
    ill = cases.positive
    counts = [(ill & side & cases.called).sum() for side in (inside, ~inside)]
    totals = [(ill & side).sum() for side in (inside, ~inside)]
    expected = unpaired_difference(int(counts[0]), int(totals[0]), int(counts[1]), int(totals[1]))
    group = found.groups[3]
    assert group.tests[0].comparison == expected
    assert (group.result.sensitivity.hits, group.result.sensitivity.total) == (counts[0], totals[0])
    everything = [test for one in found.groups for test in one.tests]
    assert [test.adjusted for test in everything] == holm([test.comparison.p for test in everything])


def test_a_scanner_that_is_worse_is_found() -> None:
    found = compare_subgroups(_cases(3, drop=2.5), ["scanner", "kernel"], QUICK)
    assert {(group.column, test.measure) for group, test in found.differing} >= {("scanner", "sensitivity")}
    assert all(group.column == "scanner" for group, _ in found.differing)


def test_nothing_is_found_by_chance_more_often_than_said() -> None:
    """40 hospitals whose subgroups are all alike: something is found in at most one of 20 on the average."""
    found = [compare_subgroups(_cases(seed, 100), ["scanner", "kernel"], QUICK) for seed in range(40)]
    assert sum(bool(one.differing) for one in found) <= 5
    assert min(test.comparison.p for one in found for group in one.groups for test in group.tests) < 0.02


def test_a_subgroup_too_small_is_said_to_be() -> None:
    cases = _cases(1)
    rare = tuple("rare" if index < 6 else ("a" if index % 2 else "b") for index in range(160))
    found = compare_subgroups(replace(cases, columns={"site": rare}), ["site"], QUICK)
    by_level = {one.level: one for one in found.groups}
    assert by_level["rare"].too_small
    assert by_level["rare"].tests == ()
    assert by_level["a"].tests[0].detectable > 0
    one_value = compare_subgroups(replace(cases, columns={"site": ("x",) * 160}), ["site"], QUICK)
    assert (one_value.tests, one_value.groups[0].too_small) == (0, False)


def test_several_cases_of_a_patient_bring_the_bootstrap() -> None:
    """Each case three times over has the intervals of each case once, not narrower ones."""
    cases = _cases(2)
    index = np.tile(np.arange(160), 3)
    three = replace(
        cases,
        positive=cases.positive[index],
        probability=cases.probability[index],
        called=cases.called[index],
        patients=tuple(f"p{one}" for one in index.tolist()),
        columns={"kernel": tuple(cases.columns["kernel"][one] for one in index.tolist())},
    )
    once = compare_subgroups(cases, ["kernel"], QUICK).groups[0].tests
    found = compare_subgroups(three, ["kernel"], QUICK).groups[0].tests
    assert [test.measure for test in found] == ["sensitivity", "specificity", "AUC"]
    for a, b in zip(once, found, strict=True):
        assert b.comparison.difference == pytest.approx(a.comparison.difference)
        assert b.comparison.method == "bootstrap"
        ratio = (b.comparison.high - b.comparison.low) / (a.comparison.high - a.comparison.low)
        assert 0.75 < ratio < 1.3
