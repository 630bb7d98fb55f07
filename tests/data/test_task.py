"""Tasks against a table whose cases are known."""

from pathlib import Path

import pytest

from pleura.data.cohort import Case, Cohort
from pleura.data.task import COVID, DIAGNOSIS, SEVERITY, VIRAL, find_task, task_of
from pleura.errors import CohortError, ModelError, RecipeError
from pleura.settings import GRADES, LABELS


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


def test_viral_maps_all_six_labels_to_two_answers() -> None:
    answers = {label: VIRAL.number(_case(0, label, 0)) for label in LABELS}
    assert {label for label, number in answers.items() if number == 1} == {"covid-19", "other-viral"}
    assert {label for label, number in answers.items() if number == 0} == {
        "healthy",
        "bacterial",
        "tuberculosis",
        "nodule",
    }
    assert VIRAL.labels(VIRAL.select(_cohort()).cases) == [0, 1, 1, 0, 0, 1, 1, 1, 0]
    assert VIRAL.classes[1] == "viral"


def test_covid_takes_viral_pneumonia_alone() -> None:
    cases = COVID.select(_cohort()).cases
    assert [case.case for case in cases] == ["c1", "c2", "c5", "c6", "c7"]
    assert COVID.labels(cases) == [1, 0, 1, 1, 1]
    with pytest.raises(CohortError, match="no training case of class other-viral"):
        COVID.select(_cohort(CASES[:2]))


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
    assert find_task("viral") is VIRAL
    assert find_task("covid") is COVID
    with pytest.raises(RecipeError, match='task "age" has no truth'):
        find_task("age")


def test_a_models_task_has_the_classes_on_its_card() -> None:
    assert task_of("severity", GRADES[:2]).classes == GRADES[:2]
    assert task_of("viral", VIRAL.classes) == VIRAL
    with pytest.raises(ModelError, match="task viral with the classes viral, not-viral"):
        task_of("viral", VIRAL.classes[::-1])
