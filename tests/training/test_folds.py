"""Who is in which fold: nobody twice, nobody of the test split, classes and hospitals evenly."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pleura.data.cohort import Case, Cohort
from pleura.data.task import DIAGNOSIS, SEVERITY
from pleura.errors import CohortError
from pleura.settings import CLASSES
from pleura.training.folds import assign_folds, fold_cohort


def _case(number: int, patient: str, hospital: str, label: str, split: str = "train", severity: int = 1) -> Case:
    return Case(
        case=f"c{number}",
        patient=patient,
        hospital=hospital,
        label=label,
        severity=severity,
        split=split,
        study=Path("nowhere"),
        lungs=None,
        lesions=None,
    )


def _cohort(cases: Sequence[Case]) -> Cohort:
    return Cohort(folder=Path(), name="c", generator="", seed=0, synthetic=True, description="", cases=tuple(cases))


def _serial(patients: int = 60) -> Cohort:
    """Patients of one to three studies each; every fifth is a test patient."""
    cases: list[Case] = []
    for i in range(patients):
        split = "test" if i % 5 == 0 else "validation" if i % 5 == 1 else "train"
        for _ in range(1 + i % 3):
            cases.append(_case(len(cases), f"p{i}", ("east", "west", "hill")[i % 7 % 3], CLASSES[i // 5 % 4], split))
    return _cohort(cases)


def test_a_seed_gives_the_same_folds_and_another_gives_others() -> None:
    cohort = _serial()
    first, again, other = (assign_folds(cohort, DIAGNOSIS, folds=3, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_no_patient_is_in_two_folds_and_no_test_patient_in_any() -> None:
    cohort = _serial()
    fold_of = assign_folds(cohort, DIAGNOSIS, folds=4, seed=0)
    assert set(fold_of) == {case.case for case in cohort.cases if case.split != "test"}
    folds_of_patient: dict[str, set[int]] = {}
    for case in cohort.cases:
        if case.case in fold_of:
            folds_of_patient.setdefault(case.patient, set()).add(fold_of[case.case])
    assert all(len(folds) == 1 for folds in folds_of_patient.values())
    assert not set(folds_of_patient) & {case.patient for case in cohort.split("test")}


@pytest.mark.parametrize(("held", "validation"), [(0, 0), (2, 3)])
def test_a_fold_s_model_trains_on_none_of_its_patients(held: int, validation: int) -> None:
    cohort = _serial()
    fold_of = assign_folds(cohort, DIAGNOSIS, folds=4, seed=0)
    given_ = fold_cohort(cohort, fold_of, held=held, validation=validation)
    inside = {case.patient for case in cohort.cases if fold_of.get(case.case) in (held, validation)}
    tested = {case.patient for case in cohort.split("test")}
    trained = {case.patient for case in given_.split("train")}
    assert not trained & (inside | tested)
    assert {case.case for case in given_.cases} == set(fold_of)
    assert {case.case for case in given_.split("validation")} == {
        c for c, fold in fold_of.items() if fold == validation
    }
    assert len(given_.split("test")) == (0 if held == validation else sum(f == held for f in fold_of.values()))


def test_a_patient_counts_by_the_highest_grade() -> None:
    cases = [_case(i, f"p{i // 2}", "east", "covid-19", severity=1 + i // 2 % 2) for i in range(24)]
    cases += [_case(100 + i, f"p{i}", "east", "covid-19", severity=3) for i in range(0, 12, 3)]
    fold_of = assign_folds(_cohort(cases), SEVERITY, folds=4, seed=0)
    assert sorted(fold_of[f"c{100 + i}"] for i in range(0, 12, 3)) == [0, 1, 2, 3]


def test_too_few_patients_of_a_class_and_a_leak_are_refused() -> None:
    cases = [_case(i, f"p{i}", "east", CLASSES[i % 4]) for i in range(16)]
    with pytest.raises(CohortError, match="class healthy has 4 patients outside the test split; 5 folds need"):
        assign_folds(_cohort(cases), DIAGNOSIS, folds=5, seed=0)
    leak = replace(cases[3], case="again", split="test")
    with pytest.raises(CohortError, match="patient p3 is in split test and in another"):
        assign_folds(_cohort([*cases, leak]), DIAGNOSIS, folds=4, seed=0)
