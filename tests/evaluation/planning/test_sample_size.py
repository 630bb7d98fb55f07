"""Sample sizes against what they promise: the width that so many cases give, by formula and by simulation."""

from math import exp, log

import numpy as np
import pytest
from scipy.stats import binom

from pleura.evaluation.intervals.delong import auc_interval
from pleura.evaluation.intervals.proportions import clopper_pearson, wilson
from pleura.evaluation.planning.sample_size import auc_variance, cases_for_auc, cases_for_proportion, cases_in_all


@pytest.mark.parametrize(("kind", "maker"), [("wilson", wilson), ("clopper-pearson", clopper_pearson)])
@pytest.mark.parametrize(("expected", "width"), [(0.9, 0.1), (0.5, 0.2), (1.0, 0.05)])
def test_so_many_are_enough_and_one_fewer_is_not(kind: str, maker: object, expected: float, width: float) -> None:
    cases = cases_for_proportion(expected, width, kind=kind)
    enough, few = (maker(expected * n, n) for n in (cases, cases - 1))
    assert enough.high - enough.low <= width < few.high - few.low


def test_with_many_cases_it_is_the_textbook_formula() -> None:
    """z^2 p (1 - p) / d^2 for a half-width d."""
    assert cases_for_proportion(0.8, 0.02) == pytest.approx(1.959964**2 * 0.16 / 0.01**2, rel=0.002)


def test_hanley_and_mcneil_by_hand() -> None:
    """A = 0.8, 50 and 50: Q1 = 2/3, Q2 = 1.28 / 1.8; (0.16 + 49 (2/3 - 0.64) + 49 (0.7111 - 0.64)) / 2500."""
    assert auc_variance(0.8, 50, 50) == pytest.approx((0.16 + 49 * (2 / 3 - 0.64) + 49 * (1.28 / 1.8 - 0.64)) / 2500)


def test_the_width_that_was_asked_for_comes_out() -> None:
    """Exponential scores with odds ratio 9, whose AUC is 0.9 and whose variance the formula is made for."""
    ill, well = cases_for_auc(0.9, 0.12, prevalence=0.3)
    assert well == pytest.approx(ill * 7 / 3, abs=1)
    rng = np.random.default_rng(4)
    truth = np.arange(ill + well) < ill
    widths = []
    for _ in range(150):
        found = auc_interval(truth, rng.exponential(np.where(truth, 9.0, 1.0)))
        widths.append(found.high - found.low)
    assert np.mean(widths) == pytest.approx(0.12, rel=0.06)


def test_the_plain_interval_by_its_formula() -> None:
    ill, well = cases_for_auc(0.85, 0.1, kind="delong")
    assert 2 * 1.959964 * auc_variance(0.85, ill, well) ** 0.5 <= 0.1
    assert 2 * 1.959964 * auc_variance(0.85, ill - 1, well - 1) ** 0.5 > 0.1
    odds, half = log(9), 1.959964 * auc_variance(0.9, 83, 83) ** 0.5 / 0.09
    assert 1 / (1 + exp(-odds - half)) - 1 / (1 + exp(-odds + half)) <= 0.1


def test_consecutive_cases_hold_enough_as_often_as_was_asked() -> None:
    total = cases_in_all(30, 0.2, assurance=0.8)
    assert binom.sf(29, total, 0.2) >= 0.8 > binom.sf(29, total - 1, 0.2)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: cases_for_proportion(1.2, 0.1),
        lambda: cases_for_proportion(0.9, 0),
        lambda: cases_for_proportion(0.9, 0.1, kind="wald"),
        lambda: cases_for_proportion(0.5, 1e-5),
        lambda: cases_for_auc(1.0, 0.1),
        lambda: cases_for_auc(0.9, 0.1, prevalence=0),
        lambda: cases_for_auc(0.9, 0.1, kind="wald"),
        lambda: cases_in_all(0, 0.5),
    ],
)
def test_what_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="need"):
        wrong()
