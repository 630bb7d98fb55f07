"""Differences and means: McNemar by hand, cut intervals, designs with gaps."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import t

from pleura.evaluation.comparison.proportions import paired_difference
from pleura.evaluation.readers.contrasts import between_conditions, between_tiers, means, program_against_each
from pleura.evaluation.readers.readings import Readings


def test_rates_of_two_are_compared_case_by_case() -> None:
    """Of ten positives both are right on two, the program alone on six, the reader alone on one, neither on one."""
    program = np.array([1] * 8 + [0, 0] + [0] * 10, dtype=float)
    reader = np.array([1, 1, 0, 0, 0, 0, 0, 0, 1, 0] + [0] * 9 + [1], dtype=float)
    positive = np.arange(20) < 10
    study = reader[None, None], positive, "sensitivity"
    (found,) = program_against_each(study, program, ["CT"], ["A"], 0.95)
    assert found.p == pytest.approx(2 * (1 + 7) / 128 - 7 / 128)  # mid-p of one or fewer of seven
    tango = paired_difference(2, 6, 1, 1)
    assert (found.low, found.high) == (tango.low, tango.high)
    assert found.value == pytest.approx(0.5)
    assert found.error == pytest.approx(np.sqrt(np.var(program[:10] - reader[:10], ddof=1) / 10))
    (specific,) = program_against_each((study[0], positive, "specificity"), program, ["CT"], ["A"], 0.95)
    assert (specific.value, specific.p) == (pytest.approx(0.1), pytest.approx(0.5))
    assert specific.low < 0.1 < specific.high


def test_means_stay_between_0_and_1(van_dyke: Readings) -> None:
    """Van Dyke's cine sensitivity at a rating of 3, where a symmetrical interval would end at 1.007: by hand."""
    calls = (van_dyke.scores >= 3).astype(float)
    found = means((calls, van_dyke.positive, "sensitivity"), van_dyke.conditions, "jackknife", 0.95)
    (cine,) = [one for one in found if (one.name, one.analysis) == ("cine", "random")]
    half = t.ppf(0.975, 7.575855) * 0.03741657 / (0.92 * 0.08)  # error and df as published
    ends = expit(np.log(0.92 / 0.08) + np.array([-half, half]))
    assert (cine.low, cine.high, cine.p) == (pytest.approx(ends[0], rel=1e-6), pytest.approx(ends[1], rel=1e-6), None)
    assert cine.df == pytest.approx(7.575855, abs=1e-6)


def test_where_a_reader_has_one_condition_u_statistics_are_left(van_dyke: Readings) -> None:
    scores = van_dyke.scores.copy()
    scores[1, 4] = np.nan
    found, tests, parts = between_conditions((scores, van_dyke.positive, "auc"), van_dyke.conditions, "unbiased", 0.95)
    assert [one.analysis for one in found] == ["u-statistics"]
    assert (tests, parts) == ([], None)
    assert found[0].name == "spin echo - cine"
    assert found[0].value == pytest.approx(
        0.89703704 - (0.94782609 + 0.90531401 + 0.92173913 + 0.99935588) / 4, abs=1e-7
    )


def test_tiers_of_one_reader_are_left_out(van_dyke: Readings) -> None:
    study = van_dyke.scores, van_dyke.positive, "auc"
    found = between_tiers(study, van_dyke.conditions, ("old", "new", "old", "new", "alone"), 0.95)
    assert [one.name for one in found] == ["old - new, spin echo", "old - new, cine"]
    assert found[0].value == pytest.approx((0.91964573 + 0.90386473 - 0.85877617 - 0.97310789) / 2, abs=1e-8)
