"""Resamples keep patients whole and classes as large as they were; their spread is the known one."""

import numpy as np
import pytest

from pleura.evaluation.intervals.bootstrap import repeats, resample_weights


def test_patients_stay_whole_and_classes_keep_their_patients() -> None:
    patients = ["a", "a", "b", "c", "c", "c", "d", "e"]
    truth = [0, 0, 0, 1, 1, 1, 1, 1]
    weights = resample_weights(truth, patients, resamples=500, seed=3)
    assert weights.shape == (500, 8)
    np.testing.assert_array_equal(weights[:, 0], weights[:, 1])
    np.testing.assert_array_equal(weights[:, 3], weights[:, 5])
    np.testing.assert_array_equal(weights[:, 0] + weights[:, 2], 2)  # two patients of class 0
    np.testing.assert_array_equal(weights[:, 3] + weights[:, 6] + weights[:, 7], 3)


def test_strata_keep_their_patients_too() -> None:
    weights = resample_weights([0] * 6, strata=[0, 0, 1, 1, 1, 1], resamples=200)
    np.testing.assert_array_equal(weights[:, :2].sum(axis=1), 2)
    np.testing.assert_array_equal(weights[:, 2:].sum(axis=1), 4)


def test_a_patient_is_of_the_class_of_most_of_their_cases() -> None:
    weights = resample_weights([0, 1, 1, 0], ["a", "a", "a", "b"], resamples=50)
    np.testing.assert_array_equal(weights, 1)  # each is the only one of a class


def test_a_mean_spreads_as_theory_says(rng: np.random.Generator) -> None:
    values = rng.standard_normal(80)
    means = resample_weights(np.zeros(80, int), resamples=20_000, seed=1) @ values / 80
    assert means.std() == pytest.approx(values.std() / np.sqrt(80), rel=0.03)


def test_the_seed_decides() -> None:
    one, same, other = (resample_weights([0] * 20, resamples=5, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_what_patients_are_called_changes_nothing() -> None:
    named = resample_weights([0, 1] * 5, list("jihgfedcba"), resamples=20)
    np.testing.assert_array_equal(named, resample_weights([0, 1] * 5, resamples=20))


def test_repeats() -> None:
    assert repeats(["a", "b", "a"])
    assert not repeats(["a", "b"])
    assert not repeats(None)


@pytest.mark.parametrize(
    ("truth", "patients", "resamples"), [([], None, 5), ([0, 1], ["a"], 5), ([0, 1], None, 0), ([[0]], None, 5)]
)
def test_what_does_not_fit_is_refused(truth: list[int], patients: list[str] | None, resamples: int) -> None:
    with pytest.raises(ValueError, match="need"):
        resample_weights(truth, patients, resamples=resamples)
