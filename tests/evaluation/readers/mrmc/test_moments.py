"""U-statistic variances against sums over all pairs of comparisons, for designs with gaps too."""

from itertools import product

import numpy as np
import pytest

from pleura.evaluation.readers.mrmc.moments import difference, each, u_statistics, unbiased_covariance
from pleura.evaluation.readers.mrmc.obuchowski_rockette import compare, components
from pleura.evaluation.readers.readings import Readings

POSITIVE = np.arange(9) < 4


def _gaps(rng: np.random.Generator) -> np.ndarray:
    """Two conditions, three readers, nine cases; a reader without the second condition, another with few cases."""
    scores = np.clip(rng.normal(POSITIVE, 1, (2, 3, 9)).round(), -1, 2)
    scores[1, 0] = np.nan
    scores[0, 1, [0, 5]] = np.nan
    scores[1, 2, 7] = np.nan
    return scores


def _comparisons(scores: np.ndarray, merit: str) -> list[tuple[int, int, int, float]]:
    """Every comparison as reader, positive, negative, and what it came to."""
    found = []
    for reader, row in enumerate(scores):
        for i, j in product(np.flatnonzero(POSITIVE), np.flatnonzero(~POSITIVE)):
            if merit == "auc" and not np.isnan(row[i] + row[j]):
                found.append((reader, i, j, (np.sign(row[i] - row[j]) + 1) / 2))
        if merit == "sensitivity":
            found += [(reader, i, -1, row[i]) for i in np.flatnonzero(POSITIVE & ~np.isnan(row))]
        if merit == "specificity":
            found += [(reader, -1, j, 1 - row[j]) for j in np.flatnonzero(~POSITIVE & ~np.isnan(row))]
    return found


def _slow(one: list, other: list, merit: str, *, random: bool) -> float:
    """Weigh mean products by what two comparisons share; take off the mean product of those that share least."""
    totals: dict[tuple[bool, bool, bool], list[float]] = {}
    for (r, i, j, x), (s, k, m, y) in product(one, other):
        totals.setdefault((random and r == s, i == k, j == m), []).append(x * y)
    least = {"auc": (False, False, False), "sensitivity": (False, False, True), "specificity": (False, True, False)}[
        merit
    ]
    pairs = len(one) * len(other)
    return sum(len(values) / pairs * np.mean(values) for values in totals.values()) - np.mean(totals[least])


@pytest.mark.parametrize("merit", ["auc", "sensitivity", "specificity"])
def test_covariances_are_those_of_all_pairs(rng: np.random.Generator, merit: str) -> None:
    scores = _gaps(rng)
    values = scores if merit == "auc" else np.where(np.isnan(scores), np.nan, scores > 0)
    lists = [_comparisons(condition, merit) for condition in values]
    found = u_statistics(values, POSITIVE, merit)
    np.testing.assert_allclose(found.value, [np.mean([one[3] for one in rows]) for rows in lists], rtol=1e-12)
    expected = [[_slow(a, b, merit, random=True) for b in lists] for a in lists]
    np.testing.assert_allclose(found.covariance, expected, atol=1e-13)


def test_error_covariances_are_those_of_all_pairs_of_two_readers(rng: np.random.Generator) -> None:
    scores = _gaps(rng)
    scores[1, 0] = scores[0, 0, ::-1]
    value, found = unbiased_covariance(scores, POSITIVE)
    rows = [_comparisons(row[None], "auc") for row in scores.reshape(6, 9)]
    expected = [[_slow(a, b, "auc", random=False) for b in rows] for a in rows]
    np.testing.assert_allclose(found, expected, atol=1e-13)
    np.testing.assert_allclose(value.ravel(), [np.mean([one[3] for one in row]) for row in rows], rtol=1e-12)


def test_readers_without_a_case_in_common_are_uncorrelated(rng: np.random.Generator) -> None:
    scores = rng.normal(size=(1, 2, 24))
    scores[0, 0, ::2] = scores[0, 1, 1::2] = np.nan
    _, found = unbiased_covariance(scores, np.arange(24) < 12)
    assert found[0, 1] == pytest.approx(0, abs=1e-15)
    assert min(found[0, 0], found[1, 1]) > 0


def test_in_complete_data_it_is_obuchowski_and_rockettes_error(van_dyke: Readings) -> None:
    """With the unbiased covariance, and Cov2 over Cov3, both are the same estimate of the same variance."""
    value, covariance = unbiased_covariance(van_dyke.scores, van_dyke.positive)
    expected = compare(value, components(value, covariance)).error[0] ** 2
    found, variance, df = difference(u_statistics(van_dyke.scores, van_dyke.positive), 0, 1)
    assert float(variance) == pytest.approx(float(expected), rel=1e-10)
    assert float(found) == pytest.approx(-0.04380032, abs=5e-9)
    assert 4 <= float(df) < 44


def test_conditions_may_have_readers_of_their_own(van_dyke: Readings) -> None:
    """As tiers have: with nobody in both, the reader's part of the covariance is gone and the cases' stays."""
    apart = np.full((2, 5, 114), np.nan)
    apart[0, :2], apart[1, 2:] = van_dyke.scores[0, :2], van_dyke.scores[0, 2:]
    found = u_statistics(apart, van_dyke.positive)
    _, error = unbiased_covariance(van_dyke.scores[:1], van_dyke.positive)
    assert found.covariance[0, 1] == pytest.approx(error[:2, 2:].mean(), rel=1e-9)
    value, variance, df = each(found)
    assert value[0] == pytest.approx((0.91964573 + 0.85877617) / 2, abs=1e-8)
    assert df[0] >= 1
    assert (variance > 0).all()


def test_one_reader_a_condition_is_refused(van_dyke: Readings) -> None:
    with pytest.raises(ValueError, match="two readers or more"):
        u_statistics(van_dyke.scores[:, :1], van_dyke.positive)
    with pytest.raises(ValueError, match="need a figure of merit"):
        u_statistics(van_dyke.scores, van_dyke.positive, "kappa")
