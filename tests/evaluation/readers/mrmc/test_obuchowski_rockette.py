"""Obuchowski and Rockette's analyses against published analyses of Van Dyke's study, and by properties."""

import numpy as np
import pytest
from scipy.stats import ttest_rel

from pleura.evaluation.readers.mrmc.merits import error_covariance, figures_of_merit
from pleura.evaluation.readers.mrmc.moments import unbiased_covariance
from pleura.evaluation.readers.mrmc.obuchowski_rockette import compare, components, each_condition, global_test
from pleura.evaluation.readers.readings import Readings

# Output of OR-DBM MRMC 2.51 (Schartz, Hillis, Pesce, Berbaum, University of Iowa), trapezoidal areas, jackknife, of
# 30 April 2020, kept in the repository of RJafroc, inst/IowaResults/VanDyke_trap_area_jackknife_anova.txt; by its parts
# "Estimates", "Variance component and error-covariance estimates" and "Analysis 1" to "Analysis 3".
AREAS = [
    [0.91964573, 0.85877617, 0.90386473, 0.97310789, 0.82979066],
    [0.94782609, 0.90531401, 0.92173913, 0.99935588, 0.92995169],
]
# F or chi-square, df, p; standard error, low and high of the difference; errors and df of the two conditions
ANALYSES = {
    "random": (4.46, 15.26, 0.0517, 0.02075, -0.08796, 0.00036, (0.03317360, 0.02156637), (12.74, 12.71)),
    "fixed-readers": (5.47595, np.inf, 0.0193, 0.01872, -0.08049, -0.00711, (0.02428971, 0.01677632), (np.inf, np.inf)),
    "fixed-cases": (8.70, 4, 0.0420, 0.01485, -0.08502, -0.00258, (0.02482994, 0.01615303), (4, 4)),
}


def test_mean_squares_and_components_are_the_published_ones(van_dyke: Readings) -> None:
    figures = figures_of_merit(van_dyke.scores, van_dyke.positive)
    np.testing.assert_allclose(figures.value, AREAS, atol=5e-9)
    parts = components(figures.value, error_covariance(figures, "jackknife"))
    np.testing.assert_allclose(parts.mean_squares, (0.00479617, 0.00383620, 0.00055103), atol=5e-9)
    found = (parts.of_readers, parts.of_interaction, parts.same_reader, parts.same_condition, parts.both_differ)
    np.testing.assert_allclose(found, (0.00153500, 0.00020040, 0.00034661, 0.00034407, 0.00023903), atol=5e-9)
    assert parts.variance == pytest.approx(0.00080229, abs=5e-9)


@pytest.mark.parametrize("analysis", ANALYSES)
def test_the_three_analyses_are_the_published_ones(van_dyke: Readings, analysis: str) -> None:
    statistic, df, p, error, low, high, errors, dfs = ANALYSES[analysis]
    figures = figures_of_merit(van_dyke.scores, van_dyke.positive)
    covariance = error_covariance(figures, "jackknife")
    parts = components(figures.value, covariance)
    test = global_test(parts, analysis)
    assert float(test.statistic) == pytest.approx(statistic, abs=0.005)
    assert (test.df[0], float(test.df[1])) == (1, pytest.approx(df, abs=0.005))
    assert float(test.p) == pytest.approx(p, abs=5e-5)
    found = compare(figures.value, parts, analysis)
    ends = found.value[0], found.error[0], found.low[0], found.high[0], found.p[0]
    np.testing.assert_allclose(ends, (-0.04380032, error, low, high, p), atol=5.01e-5)
    single = each_condition(figures.value, covariance, analysis)
    np.testing.assert_allclose(single.value, (0.89703704, 0.94083736), atol=5e-9)
    np.testing.assert_allclose(single.error, errors, atol=5.01e-9)
    np.testing.assert_allclose(single.df, dfs, atol=0.00501)
    if analysis == "random":
        np.testing.assert_allclose(single.low, (0.82522360, 0.89413783), atol=5e-9)
        np.testing.assert_allclose(single.high, (0.96885048, 0.98753689), atol=5e-9)


# B. J. Smith, S. L. Hillis, MRMCaov: multi-reader multi-case ANOVA software for R (article in the package's repository,
# docs/jss/MRMCaov.tex), sections "Covariance estimation methods" and "Binary metrics": variance, Cov1, Cov2, Cov3, F,
# df and p.
SMITH = {
    "delong": (0.0007921325, 0.0003420090, 0.0003395265, 0.0002358497, 4.484854, 15.06611, 0.05123303),
    "unbiased": (0.0007883925, 0.0003416706, 0.0003390650, 0.0002356148, 4.489614, 15.03418, 0.0511618),
    "sensitivity": (0.0023681257, 0.0009943883, 0.0010145903, 0.0006604938, 6.689493, 15.71732, 0.02008822),
}


@pytest.mark.parametrize("kind", SMITH)
def test_other_covariances_and_sensitivity_are_the_published_ones(van_dyke: Readings, kind: str) -> None:
    if kind == "unbiased":
        value, covariance = unbiased_covariance(van_dyke.scores, van_dyke.positive)
    else:
        merit = "sensitivity" if kind == "sensitivity" else "auc"
        values = (van_dyke.scores >= 3).astype(float) if kind == "sensitivity" else van_dyke.scores
        figures = figures_of_merit(values, van_dyke.positive, merit)
        value, covariance = figures.value, error_covariance(figures, "jackknife" if kind == "sensitivity" else kind)
    parts = components(value, covariance)
    test = global_test(parts)
    found = (
        parts.variance,
        parts.same_reader,
        parts.same_condition,
        parts.both_differ,
        test.statistic,
        test.df[1],
        test.p,
    )
    np.testing.assert_allclose([float(one) for one in found], SMITH[kind], rtol=5e-7)


def test_single_conditions_of_sensitivity_are_the_published_ones(van_dyke: Readings) -> None:
    """The second has a mean of 0.92, an error of 0.03741657 and 7.575855 degrees of freedom."""
    figures = figures_of_merit((van_dyke.scores >= 3).astype(float), van_dyke.positive, "sensitivity")
    found = each_condition(figures.value, error_covariance(figures))
    np.testing.assert_allclose(found.error, (0.05893747, 0.03741657), rtol=2e-7)
    np.testing.assert_allclose(found.df, (14.456811, 7.575855), rtol=2e-7)


def test_with_fixed_cases_it_is_the_paired_t_test(van_dyke: Readings) -> None:
    figures = figures_of_merit(van_dyke.scores, van_dyke.positive)
    expected = ttest_rel(figures.value[0], figures.value[1])
    parts = components(figures.value, error_covariance(figures))
    found = compare(figures.value, parts, "fixed-cases")
    assert float(found.p[0]) == pytest.approx(expected.pvalue, rel=1e-12)
    assert float(found.low[0]) == pytest.approx(expected.confidence_interval().low, rel=1e-12)


def test_degrees_of_freedom_have_a_floor(rng: np.random.Generator) -> None:
    """With Cov2 under Cov3 their difference counts as 0, and df are (t - 1)(r - 1), not fewer."""
    value = rng.normal(size=(50, 2, 6))
    same = np.full((50, 12, 12), 0.2) + np.eye(12)
    same[:, :6, 6:] = same[:, 6:, :6] = 0.3
    parts = components(value, same)
    assert (parts.same_condition < parts.both_differ).all()
    np.testing.assert_allclose(global_test(parts).df[1], 5)
    worst = each_condition(value, np.full((50, 12, 12), -0.01) + np.eye(12))
    np.testing.assert_allclose(worst.df, 5)
    assert np.isfinite(worst.error).all()


def test_studies_worked_on_together_are_the_same_as_one_by_one(rng: np.random.Generator) -> None:
    scores, positive = rng.integers(0, 5, (4, 3, 4, 30)).astype(float), np.arange(30) < 12
    figures = figures_of_merit(scores, positive)
    together = compare(figures.value, components(figures.value, error_covariance(figures)))
    for index, one in enumerate(scores):
        alone = figures_of_merit(one, positive)
        found = compare(alone.value, components(alone.value, error_covariance(alone)))
        np.testing.assert_allclose(found.low, together.low[index], rtol=1e-12)


def test_readers_who_agree_in_all_leave_nothing_to_test_by(van_dyke: Readings) -> None:
    same = np.repeat(van_dyke.scores[:1, :1], 2, axis=0).repeat(3, axis=1)
    figures = figures_of_merit(same, van_dyke.positive)
    covariance = error_covariance(figures)
    found = compare(figures.value, components(figures.value, covariance))
    assert float(found.value[0]) == 0
    assert np.isnan(global_test(components(figures.value, covariance)).p)
    assert np.isnan([found.error[0], found.low[0], found.p[0]]).all()
    single = each_condition(figures.value, covariance)  # as precise as one reader is, and no more
    np.testing.assert_allclose(single.error, np.sqrt(covariance[0, 0]), rtol=1e-9)


def test_what_cannot_be_analysed_is_refused() -> None:
    with pytest.raises(ValueError, match="two readers"):
        components(np.zeros((2, 1)), np.eye(2))
    parts = components(np.zeros((1, 3)), np.eye(3))
    with pytest.raises(ValueError, match="two conditions"):
        global_test(parts)
    with pytest.raises(ValueError, match="need an analysis random"):
        each_condition(np.zeros((1, 3)), np.eye(3), "bayes")
    with pytest.raises(ValueError, match="confidence"):
        each_condition(np.zeros((1, 3)), np.eye(3), confidence=95)
