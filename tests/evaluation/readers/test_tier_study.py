"""Simulated studies of tiers have the accuracies and times they were given, and are marked."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from pleura.errors import RecipeError
from pleura.evaluation.readers.mrmc.merits import figures_of_merit
from pleura.evaluation.readers.tier_study import Accuracy, Shares, binormal, covidet_tiers, read_study, simulate_study


def test_the_papers_numbers_come_out_over_tiers() -> None:
    """45 radiologists, 15, 10 and 20; overall 0.68, 0.98 and 0.86; 0.67, 0.96 and 0.84 with clinical data."""
    study = covidet_tiers()
    assert (study.readers, study.positives, study.negatives) == ((15, 10, 20), 50, 50)
    for condition, expected in zip(study.conditions, ((0.68, 0.98, 0.86), (0.67, 0.96, 0.84)), strict=True):
        rates = [(one.sensitivity, one.specificity, one.auc) for one in condition.tiers]
        np.testing.assert_allclose(np.mean(rates, axis=0), expected, atol=1e-12)
    assert study.program == ("DL2", Accuracy(sensitivity=0.90, specificity=0.92, auc=0.97), (6.95, 5.03))
    assert study.conditions[0].seconds == (59.91, 24.07)


def test_the_curve_goes_through_the_point_with_the_area() -> None:
    for condition in covidet_tiers().conditions:
        for wanted in condition.tiers:
            mean, deviation = binormal(wanted)
            cut = ndtri(wanted.specificity)
            assert ndtr((mean - cut) / deviation) == pytest.approx(wanted.sensitivity, rel=1e-9)
            assert ndtr(mean / np.hypot(1, deviation)) == pytest.approx(wanted.auc, rel=1e-9)


def test_simulated_readers_are_as_good_and_as_fast_as_asked_for() -> None:
    """Many readers on many cases: within 0.025 of the accuracies, within 4 % of the seconds."""
    study = replace(covidet_tiers(), positives=1500, negatives=1500, readers=(40, 40, 40))
    drawn = simulate_study(study, seed=2)
    assert drawn.calls is not None
    assert drawn.seconds is not None
    for k, condition in enumerate(study.conditions):
        areas = figures_of_merit(drawn.scores[k : k + 1, :120], drawn.positive).value[0]
        for tier, wanted in enumerate(condition.tiers):
            rows = slice(40 * tier, 40 * tier + 40)
            called = drawn.calls[k, rows]
            assert areas[rows].mean() == pytest.approx(wanted.auc, abs=0.025)
            assert called[:, drawn.positive].mean() == pytest.approx(wanted.sensitivity, abs=0.025)
            assert 1 - called[:, ~drawn.positive].mean() == pytest.approx(wanted.specificity, abs=0.025)
        assert drawn.seconds[k, :120].mean() == pytest.approx(59.91, rel=0.04)
        assert drawn.seconds[k, :120].std() == pytest.approx(24.07, rel=0.08)
    assert drawn.seconds[2, 120].mean() == pytest.approx(6.95, rel=0.04)
    assert 1 - drawn.calls[2, 120, ~drawn.positive].mean() == pytest.approx(0.92, abs=0.025)


def test_readers_find_the_same_cases_hard() -> None:
    drawn = simulate_study(replace(covidet_tiers(), positives=400, negatives=400), seed=4)
    within = np.corrcoef(drawn.scores[0, :45][:, drawn.positive])
    assert 0.2 < within[np.triu_indices(45, 1)].mean() < 0.5  # 0.40 of the variance is of cases; less of readers'


def test_everything_is_marked_and_the_seed_decides() -> None:
    one, same, other = (simulate_study(covidet_tiers(), seed=seed) for seed in (1, 1, 2))
    assert one.simulated
    assert one.tiers is not None
    assert all(name.startswith("SIMULATED") for name in (*one.readers, *one.tiers))
    np.testing.assert_array_equal(one.scores, same.scores)
    assert (one.scores != other.scores).any()
    assert np.isnan(one.scores[:2, -1]).all()
    assert np.isnan(one.scores[2, :-1]).all()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(RecipeError, match="no binormal ROC curve"):
        binormal(Accuracy(sensitivity=0.9, specificity=0.9, auc=0.6))
    with pytest.raises(RecipeError, match="between 0 and 1"):
        Accuracy(sensitivity=1.0, specificity=0.9, auc=0.95)
    with pytest.raises(RecipeError, match="add up to 1"):
        Shares(reader=0.5, reader_condition=0, case=0.2, case_condition=0, reader_case=0, rest=0.2)
    with pytest.raises(RecipeError, match="one reader or more in each"):
        replace(covidet_tiers(), readers=(1, 0, 2))
    with pytest.raises(RecipeError, match="rates for 2 tiers"):
        replace(covidet_tiers(), tiers=("a", "b"), readers=(1, 1))
    with pytest.raises(RecipeError, match="TOML"):
        read_study("= 3")
    with pytest.raises(RecipeError, match="no key"):
        read_study("positives = 3")
    with pytest.raises(RecipeError, match="wrong kind"):
        read_study("positives = 3\nnegatives = 3\nprogram = 1\nconditions = 5\n[tiers]\nnames = []\nreaders = []")
