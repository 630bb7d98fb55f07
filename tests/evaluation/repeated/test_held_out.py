"""No patient in two folds, each class in all of them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleura.evaluation.repeated.held_out import deal, patient_folds


def test_patients_stay_together_and_classes_are_spread(rng: np.random.Generator) -> None:
    patients = [str(one) for one in rng.integers(0, 60, 200)]
    of_patient = {name: int(name) % 3 for name in set(patients)}
    truth = np.array([of_patient[name] for name in patients])
    fold = patient_folds(truth, patients, folds=4, seed=1)
    for name in of_patient:
        assert len({fold[i] for i in range(200) if patients[i] == name}) == 1
    for one in range(3):
        sizes = [len({patients[i] for i in range(200) if truth[i] == one and fold[i] == f}) for f in range(4)]
        assert max(sizes) - min(sizes) <= 1
    np.testing.assert_array_equal(fold, patient_folds(truth, patients, folds=4, seed=1))
    assert (fold != patient_folds(truth, patients, folds=4, seed=2)).any()


@pytest.mark.parametrize(("truth", "patients", "folds"), [([0, 1], None, 2), ([0, 0], ["a"], 2), ([0, 0], None, 1)])
def test_what_cannot_be_dealt_is_refused(truth: list[int], patients: list[str] | None, folds: int) -> None:
    with pytest.raises(ValueError, match="need"):
        patient_folds(truth, patients, folds=folds)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["east", "west"])), max_size=80),
    st.integers(2, 5),
    st.integers(0, 1000),
)
def test_classes_and_classes_in_hospitals_are_spread_to_one_patient(
    more: list[tuple[int, str]], folds: int, seed: int
) -> None:
    strata = [*((number, "east") for number in range(3) for _ in range(folds)), *more]
    dealt = deal(strata, folds=folds, seed=seed).tolist()

    def spread(chosen: list[bool]) -> int:
        counted = Counter(fold for fold, wanted in zip(dealt, chosen, strict=True) if wanted)
        sizes = [counted[fold] for fold in range(folds)]
        return max(sizes) - min(sizes)

    assert set(dealt) == set(range(folds))
    assert spread([True] * len(strata)) <= 1
    for stratum in set(strata):
        assert spread([one == stratum for one in strata]) <= 1
        assert spread([one[0] == stratum[0] for one in strata]) <= 1


def test_classes_are_spread_where_hospitals_are_too_small_for_it() -> None:
    strata = [(number, f"hospital {i}") for number in range(2) for i in range(5)]
    dealt = deal(strata, folds=5, seed=1).tolist()
    assert sorted(dealt[:5]) == sorted(dealt[5:]) == [0, 1, 2, 3, 4]


def test_a_seed_deals_the_same_again_and_another_otherwise() -> None:
    strata = [(k % 3, ("east", "west")[k % 2]) for k in range(60)]
    fold = deal(strata, folds=5, seed=2)
    assert (fold == deal(strata, folds=5, seed=2)).all()
    assert (fold != deal(strata, folds=5, seed=3)).any()
