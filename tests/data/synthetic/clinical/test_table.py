import csv
from pathlib import Path

import numpy as np

from pleura.data.synthetic.clinical.distributions import COLUMNS
from pleura.data.synthetic.clinical.table import clinical_row, write_clinical
from pleura.data.synthetic.courses import draw_course
from pleura.data.synthetic.hospitals import alike_hospitals
from pleura.data.synthetic.plan import plan_cohort
from pleura.settings import LABELS


def row_of(case, **changes) -> dict:
    return clinical_row(case, **({"age": 50, "sex": "F", "burden": 0.1, "cohort_seed": 1} | changes))


def test_the_file_has_a_row_a_case_with_empty_cells_where_nothing_was_measured(tmp_path: Path) -> None:
    plan = plan_cohort(hospitals=alike_hospitals(60, ["a", "b"], LABELS), seed=1)
    notes = {case.case: {"sex": "M", "age": 61, "burden": 0.1} for case in plan}
    write_clinical(tmp_path / "clinical.csv", plan, notes, 1)
    with (tmp_path / "clinical.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["case"] for row in rows] == [case.case for case in plan]
    assert tuple(rows[0]) == COLUMNS
    assert {(row["age_years"], row["sex"]) for row in rows} == {("61", "M")}
    cells = [row[column] for row in rows for column in COLUMNS[4:]]
    assert 0.02 < sum(cell == "" for cell in cells) / len(cells) < 0.4
    assert all(float(cell) >= 0 for cell in cells if cell)
    for row, case in zip(rows, plan, strict=True):
        expected = row_of(case, age=61, sex="M")
        assert {name: str(value) for name, value in expected.items()} == {k: v for k, v in row.items() if v}


def test_values_return_to_those_of_the_healthy_as_the_disease_clears() -> None:
    plan = plan_cohort(hospitals=alike_hospitals(400, ["a"], ["covid-19"]), seed=2, studies=5)
    plan = [case for case in plan if case.severity == 3 and case.course == "peak-recovery"]
    values: dict[bool, list[float]] = {True: [], False: []}
    for case in plan:
        course = draw_course(case.seed, case.label, case.severity)
        row = row_of(case, burden=0.37 * case.stage.extent)
        if "crp_mg_per_l" in row:
            late = case.stage.day > course.peak + 12
            if late or abs(case.stage.day - course.peak) < 3:
                values[late].append(float(row["crp_mg_per_l"]))
    assert min(len(v) for v in values.values()) > 20
    assert np.median(values[True]) < 0.3 * np.median(values[False])


def test_healthy_people_and_nodules_have_the_values_of_the_healthy() -> None:
    plan = plan_cohort(hospitals=alike_hospitals(300, ["a"], ["healthy", "nodule", "covid-19"]), seed=2)
    crp = {
        label: np.median([float(row_of(case).get("crp_mg_per_l", "nan")) for case in plan if case.label == label][:99])
        for label in ("healthy", "nodule")
    }
    assert all(0.6 < np.nan_to_num(value, nan=1.2) < 2.4 for value in crp.values())


def test_the_same_case_has_the_same_row() -> None:
    case = plan_cohort(hospitals=alike_hospitals(2, ["a"]), seed=2)[1]
    assert row_of(case) == row_of(case)
    assert row_of(case) != row_of(case, burden=0.02)
