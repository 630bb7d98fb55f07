"""Grey zones: against all draws one by one, with patients of several cases, and as cases grow many."""

from itertools import product

import numpy as np
import pytest

from pleura.evaluation.cutoffs.choose import Rule, choose_cut_off
from pleura.evaluation.cutoffs.zone import grey_zone

YOUDEN = Rule("youden")


def test_it_is_the_middle_of_the_cut_offs_of_all_draws() -> None:
    truth, scores = np.array([0, 0, 1, 1]) == 1, np.array([0.1, 0.6, 0.5, 0.9])
    every = []
    for draw in product((0, 1), (0, 1), (2, 3), (2, 3)):  # all 16 draws of two and two are equally likely
        index = list(draw)
        every.append(choose_cut_off(truth[index], scores[index], YOUDEN).threshold)
    low, high = grey_zone(truth, scores, YOUDEN, share=0.6, resamples=1000)
    assert (low, high) == tuple(np.quantile(every, [0.2, 0.8], method="lower"))


def test_it_holds_the_cut_off_and_narrows_as_cases_grow_many() -> None:
    widths = []
    for cases in (60, 400, 2400):
        generator = np.random.default_rng(cases)
        truth = generator.random(cases) < 0.5
        scores = generator.normal(truth * 1.0, 1.0)
        low, high = grey_zone(truth, scores, YOUDEN, resamples=100)
        assert low <= choose_cut_off(truth, scores, YOUDEN).threshold <= high
        widths.append(high - low)
    assert widths[0] > widths[1] > widths[2]


def test_a_patients_cases_are_drawn_together() -> None:
    generator = np.random.default_rng(3)
    truth = np.repeat(generator.random(40) < 0.5, 5)
    scores = np.repeat(generator.normal(size=40), 5) + truth
    people = [f"p{case // 5}" for case in range(200)]
    together = grey_zone(truth, scores, YOUDEN, patients=people, resamples=150)
    once = grey_zone(truth[::5], scores[::5], YOUDEN, resamples=150)
    assert together == once  # five equal cases of each patient say no more than one


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="share between 0 and 1"):
        grey_zone([0, 1], [0.1, 0.2], YOUDEN, share=1.0)
    with pytest.raises(ValueError, match="need one patient"):
        grey_zone([0, 1], [0.1, 0.2], YOUDEN, patients=["a"])
    with pytest.raises(ValueError, match="all scores are equal"):
        grey_zone([0, 1], [0.1, 0.1], YOUDEN)
