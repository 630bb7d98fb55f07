"""Tasks against a table whose cases are known."""

from pathlib import Path

import pytest

from pleura.data.cohort import Case, Cohort
from pleura.data.task import DIAGNOSIS, SEVERITY, find_task
from pleura.errors import CohortError


def _case(number: int, label: str, severity: int, split: str = "train") -> Case:
    return Case(
        case=f"c{number}",
        patient=f"p{number}",
        hospital="east",
        label=label,
        severity=severity,
        split=split,
        study=Path(),
        lungs=None,
        lesions=None,
    )


CASES = (
    _case(0, "healthy", 0),
    _case(1, "covid-19", 2),
    _case(2, "other-viral", 3),
    _case(3, "bacterial", 1),
    _case(4, "tuberculosis", 1),
    _case(5, "covid-19", 1),
    _case(6, "covid-19", 0),
    _case(7, "covid-19", 3),
    _case(8, "nodule", 1, "test"),
)


def _cohort(cases: tuple[Case, ...] = CASES) -> Cohort:
    return Cohort(folder=Path(), name="", generator="", seed=0, synthetic=True, description="", cases=cases)


def test_diagnosis_takes_the_four_classes() -> None:
    cases = DIAGNOSIS.select(_cohort()).cases
    assert [case.case for case in cases] == ["c0", "c1", "c2", "c3", "c5", "c6", "c7"]
    assert DIAGNOSIS.labels(cases) == [0, 1, 2, 3, 1, 1, 1]


def test_severity_takes_graded_covid_19() -> None:
    cases = SEVERITY.select(_cohort()).cases
    assert [case.case for case in cases] == ["c1", "c5", "c7"]
    assert SEVERITY.labels(cases) == [1, 0, 2]


def test_each_class_needs_a_training_case_where_one_trains() -> None:
    few = _cohort(CASES[:6])
    with pytest.raises(CohortError, match="no training case of class III;"):
        SEVERITY.select(few)
    assert len(SEVERITY.select(few, trains=False).cases) == 2


def test_a_case_outside_the_task_has_no_label() -> None:
    with pytest.raises(CohortError, match=r"case c4 \(tuberculosis\) has no diagnosis"):
        DIAGNOSIS.labels(CASES)


def test_tasks_are_found_by_name() -> None:
    assert find_task("diagnosis") is DIAGNOSIS
    assert find_task("severity") is SEVERITY
