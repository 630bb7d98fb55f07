"""Roe and Metz's model: true variances against published ones, simulated studies against the true variances."""

import numpy as np
import pytest

from pleura.evaluation.readers.mrmc.merits import error_covariance, figures_of_merit
from pleura.evaluation.readers.mrmc.moments import u_statistics
from pleura.evaluation.readers.mrmc.obuchowski_rockette import components, each_condition, global_test
from pleura.evaluation.readers.mrmc.roe_metz import ROE_METZ, RoeMetz, simulate_scores, true_auc, true_covariance

# From the repository of iMRMC, validation/validationplot/numSummary.csv, rows as numbered in configs.csv beside it:
# set, cases of each kind, readers, groups; variance of an AUC, and of the difference of two.
PUBLISHED = {
    "001": ("HH 0.75", 48, 6, 1, 2.1934e-3, 2.2632e-3),
    "012": ("HH 0.75", 90, 12, 3, 1.2128e-3, 1.2597e-3),
    "024": ("HH 1.5", 90, 6, 3, 1.1347e-3, 1.2195e-3),
    "031": ("HH 1.5", 48, 18, 1, 9.7096e-4, 1.0357e-3),
    "038": ("HH 2.5", 48, 6, 2, 4.2451e-4, 4.9855e-4),
    "057": ("HL 0.75", 48, 6, 3, 2.4331e-3, 2.5842e-3),
    "081": ("HL 1.5", 48, 12, 3, 9.9426e-4, 1.1013e-3),
    "096": ("HL 2.5", 90, 6, 3, 1.3468e-4, 1.6810e-4),
}


@pytest.mark.parametrize("row", PUBLISHED)
def test_true_variances_are_the_published_ones(row: str) -> None:
    name, cases, readers, groups, single, both = PUBLISHED[row]
    found = true_covariance(ROE_METZ[name], readers=readers, positives=cases, negatives=cases, groups=groups)
    assert found[0, 0] == pytest.approx(single, rel=8e-4)
    assert found[0, 0] + found[1, 1] - 2 * found[0, 1] == pytest.approx(both, rel=8e-4)


def test_areas_are_the_published_ones() -> None:
    """As in numSummary.csv: 0.70007, 0.84854 and 0.95317 for H readers, 0.70105, 0.85426 and 0.96064 for L."""
    areas = {"HH 0.75": 0.70007, "HH 1.5": 0.84854, "HH 2.5": 0.95317, "HL 0.75": 0.70105, "LL 1.5": 0.85426}
    for name, area in areas.items():
        np.testing.assert_allclose(true_auc(ROE_METZ[name]), area, atol=5e-6)


@pytest.mark.parametrize("name", ["LH 1.5", "HL 0.75"])
def test_u_statistics_are_unbiased(name: str) -> None:
    """Mean of 600 estimates within four of its standard errors of the true covariance; means of AUCs likewise."""
    model, sizes = ROE_METZ[name], {"readers": 4, "positives": 15, "negatives": 20}
    scores, positive = simulate_scores(model, studies=600, seed=5, **sizes)
    found = u_statistics(scores, positive)
    error = found.covariance.std(axis=0) / np.sqrt(600)
    assert (np.abs(found.covariance.mean(axis=0) - true_covariance(model, **sizes)) < 4 * error).all()
    spread = found.value.std(axis=0) / np.sqrt(600)
    assert (np.abs(found.value.mean(axis=0) - true_auc(model)) < 4 * spread).all()


def test_the_test_rejects_as_often_as_it_says_and_intervals_hold_the_truth() -> None:
    """800 studies: rejections at 5 % within four standard errors (0.03), of intervals of 95 % likewise."""
    model = ROE_METZ["LH 0.75"]
    scores, positive = simulate_scores(model, readers=5, positives=25, negatives=25, studies=800, seed=11)
    figures = figures_of_merit(scores, positive)
    covariance = error_covariance(figures)
    assert (global_test(components(figures.value, covariance)).p < 0.05).mean() == pytest.approx(0.05, abs=0.03)
    single = each_condition(figures.value, covariance)
    held = (single.low <= true_auc(model)) & (true_auc(model) <= single.high)
    assert held.mean() == pytest.approx(0.95, abs=0.03)


def test_the_seed_decides() -> None:
    sizes = {"readers": 2, "positives": 3, "negatives": 4}
    one, same, other = (simulate_scores(ROE_METZ["HH 1.5"], seed=seed, **sizes)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()
    assert one.shape == (1, 2, 2, 7)


def test_what_cannot_be_simulated_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        RoeMetz(means=(1.0,), reader=-1, case=1, case_condition=0, reader_case=0, rest=0)
    with pytest.raises(ValueError, match="got none"):
        RoeMetz(means=(1.0,), reader=0, case=0, case_condition=0, reader_case=0, rest=0)
    with pytest.raises(ValueError, match="one or more"):
        simulate_scores(ROE_METZ["HH 1.5"], readers=0, positives=1, negatives=1, seed=0)
    with pytest.raises(ValueError, match="equal groups"):
        true_covariance(ROE_METZ["HH 1.5"], readers=5, positives=6, negatives=6, groups=2)
