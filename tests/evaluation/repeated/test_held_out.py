"""No patient in two folds, each class in all of them."""

import numpy as np
import pytest

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


def test_hospitals_and_classes_are_spread_evenly(rng: np.random.Generator) -> None:
    strata = [(int(rng.integers(3)), str(rng.choice(["east", "north", "west"], p=[0.7, 0.2, 0.1]))) for _ in range(100)]
    fold = deal(strata, folds=5, seed=2)
    sets = [{one} for one in set(strata)] + [{one for one in strata if one[0] == k} for k in range(3)] + [set(strata)]
    for chosen in sets:
        counts = np.bincount(fold[[one in chosen for one in strata]], minlength=5)
        assert counts.max() - counts.min() <= 1
    assert (fold == deal(strata, folds=5, seed=2)).all()
    assert (fold != deal(strata, folds=5, seed=3)).any()
