import json
from pathlib import Path

import numpy as np
import pytest

from pleura.data.clinical_table.read import read_patient, read_table
from pleura.data.clinical_table.schema import find_schema
from pleura.errors import CohortError

SCHEMA = find_schema("synthetic").only(["age_years", "sex", "temperature_c", "cough"])


def _table(folder: Path, text: str) -> Path:
    path = folder / "clinical.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_read_in_the_schemas_order_and_units(tmp_path: Path) -> None:
    text = (
        "case,patient,cough,temperature [°F],sex,age,seen by,label\n"
        "a,p,yes,100.4,M,40,Dr X,flu\n"
        "b,p,,NA,F,41,Dr Y,covid-19\n"
    )
    table = read_table(_table(tmp_path, text), SCHEMA, keep=["label"])
    assert table.cases == ("a", "b")
    assert table.patients == ("p", "p")
    assert table.kept == {"label": ("flu", "covid-19")}
    np.testing.assert_allclose(table.values, [[40, 1, 38, 1], [41, 0, np.nan, np.nan]])
    assert table.missing_shares() == {"age_years": 0, "sex": 0, "temperature_c": 0.5, "cough": 0.5}
    one = table.of(np.array([False, True])).only(["sex"])
    assert (one.cases, one.values.tolist(), one.kept["label"]) == (("b",), [[0.0]], ("covid-19",))


def test_a_second_column_in_another_unit_is_passed_over(tmp_path: Path) -> None:
    text = "case,lymphocytes [%],lymphocytes [/uL]\na,18,1200\n"
    schema = find_schema("synthetic").only(["lymphocytes_1e9_per_l"])
    assert read_table(_table(tmp_path, text), schema).values.tolist() == [[1.2]]


def test_rows_without_a_case_are_named_by_their_line(tmp_path: Path) -> None:
    table = read_table(_table(tmp_path, "age,sex,temperature,cough\n1,F,37,0\n2,M,37,1\n"), SCHEMA)
    assert table.cases == ("row-2", "row-3")
    assert table.patients is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("case,age,sex,temperature,cough\na,40,M,98.6,1\n", r'row 2 \(case a\): temperature_c = "98.6" °C; need'),
        ("case,age,sex,cough\na,40,M,1\n", "no column for temperature_c; add it"),
        ("case,age,age_years,sex,temperature,cough\na,1,1,M,37,1\n", '"age" and "age_years" both mean age_years'),
        ("case,patient,age,sex,temperature,cough\na,,1,M,37,1\n", "row 2: patient is empty"),
        ("case,age,sex,temperature,cough\na,1,M,37,1\na,2,M,37,1\n", "case a stands twice"),
        ("case,age [days],sex,temperature,cough\na,1,M,37,1\n", "age_years is not known in days"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CohortError, match=said):
        read_table(_table(tmp_path, text), SCHEMA)


def test_impossible_values_are_missing_only_where_that_was_asked_for(tmp_path: Path) -> None:
    path = _table(tmp_path, "case,age,sex,temperature,cough\na,40,M,98.6,1\nb,40,M,37,1\n")
    table = read_table(path, SCHEMA, impossible="missing")
    np.testing.assert_array_equal(np.isnan(table.values), [[0, 0, 1, 0], [0, 0, 0, 0]])
    assert len(table.dropped) == 1
    assert table.dropped[0].startswith('row 2 (case a): temperature_c = "98.6"')
    with pytest.raises(CohortError, match="known are refuse, missing"):
        read_table(path, SCHEMA, impossible="ignore")


def test_a_patient_is_read_from_csv_and_json_alike(tmp_path: Path) -> None:
    row = _table(tmp_path, "sex,temperature [°F],cough\nM,100.4,\n")
    plain = tmp_path / "patient.json"
    plain.write_text(json.dumps({"sex": "male", "temperature [°F]": 100.4, "cough": None, "name": "not read"}))
    for path in (row, plain):
        assert read_patient(path, SCHEMA) == pytest.approx({"sex": 1.0, "temperature_c": 38.0})
    plain.write_text(json.dumps({"cough": True}))
    assert read_patient(plain, SCHEMA) == {"cough": 1.0}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("p.csv", "sex\nM\nF\n", "has 2 rows; need a header and the one row"),
        ("p.csv", "ferritin\n3\n", "none of the features of the schema synthetic: age_years, .*; it has ferritin"),
        ("p.json", "[1]", "holds list; need one object"),
        ("p.json", "{", "is not JSON"),
        ("p.json", '{"sex": [1]}', r"sex = \[1\]; need a number"),
        ("p.json", '{"temperature": 98.6}', "need a number from 30 to 45 °C"),
        ("absent.json", None, "cannot read"),
    ],
)
def test_a_patient_that_cannot_be_read_is_refused(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(CohortError, match=said):
        read_patient(tmp_path / name, SCHEMA)
